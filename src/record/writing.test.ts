import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "../../test/helpers.ts";
import { Task } from "../capture/event.ts";
import { readRecording } from "./reader.ts";
import { call, makeSink, PID } from "./synthetic.ts";
import { writeBatch } from "./writer.ts";
import { Writing } from "./writing.ts";

const lifetime = { pid: PID, service: "s", dir: "/s", started: 0, anchor: 0 };

test("of recordings on one disk, of which one cannot be written, is spoken twice: when it begins and when it is over", async () => {
  const said: string[] = [];
  let held = true;
  const write = async ({ path }: { path: string }) => {
    if (held && path.endsWith("held.duckdb")) throw new Error("somebody reads it");
    return { trimmed: 0 };
  };
  const writing = new Writing(
    write,
    () => 0,
    () => 0,
    (text) => said.push(text),
  );
  const [bad, good] = ["held", "free"].map((name) =>
    makeSink({ path: join(tmpdir(), `${name}.duckdb`), lifetime: { ...lifetime, service: name } }),
  );
  for (const sink of [bad, good]) sink.newTask(new Task(PID, PID, 0), false);
  const round = async () => {
    for (const sink of [bad, good]) await writing.flush(sink);
  };
  await round();
  await round();
  expect(said).toEqual([expect.stringMatching(/^held: unable to write .*: somebody reads it$/)]);
  held = false;
  await round();
  await round();
  expect(said.slice(1)).toEqual(["held: recording again"]);
});

test("a recording that was removed begins anew, and says so; one that is over stays removed", async () => {
  const recordings = join(tempDir(), "svc", "trace", "recordings");
  mkdirSync(recordings, { recursive: true });
  const path = join(recordings, "a.duckdb");
  const said: string[] = [];
  const writing = new Writing(
    writeBatch,
    () => 0,
    () => 0,
    (text) => said.push(text),
  );
  const sink = makeSink({ path });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "openat", 0.1, 0.2);
  await writing.flush(sink);
  rmSync(path);
  call(sink, task, "openat", 0.3, 0.4);
  await writing.flush(sink);
  expect(existsSync(path)).toBe(false);
  call(sink, task, "openat", 0.5, 0.6);
  await writing.flush(sink);
  const { calls, losses } = await readRecording(path);
  expect([...calls].map((c) => [c.ts, c.name])).toEqual([[0.5e9, "openat"]]);
  expect(losses).toMatchObject([{ count: 1, reason: expect.stringContaining("removed") }]);
  rmSync(path);
  expect(said).toEqual([]);
  sink.end(1e9);
  await writing.flush(sink);
  await writing.flush(sink);
  expect(existsSync(path)).toBe(false);
  expect(said).toEqual(["s: a.duckdb: the end of this recording is lost: it was removed"]);
  expect(writing.settled(sink)).toBe(true);
});

/** Has written in vain what lifetimes ended with, `rounds` times each. */
async function failing(count: number, rounds: number, dir: string, reason: string) {
  const said: string[] = [];
  const writing = new Writing(
    () => Promise.reject(new Error(reason)),
    () => 0,
    () => 0,
    (text) => said.push(text),
  );
  const sinks = Array.from({ length: count }, (_, i) => makeSink({ path: join(dir, `${i}.duckdb`) }));
  for (const sink of sinks) {
    sink.newTask(new Task(PID, PID, 0), false);
    sink.end(0);
    for (let i = 0; i < rounds; i++) await writing.flush(sink);
  }
  writing.tend(sinks, 1);
  return { settled: sinks.map((sink) => writing.settled(sink)), said };
}

const READ = 'IO Error: Could not set lock on file "x": Conflicting lock is held in less (PID 7)';

test.each([READ, "No space left on device"])(
  "the end of a lifetime is tried to be written again and again: %s",
  async (why) => {
    const { settled, said } = await failing(1, 40, tmpdir(), why);
    expect(settled).toEqual([false]);
    expect(said).toEqual([`s: unable to write the recording, trying again every 10 s: ${why}`]);
  },
);

test("the ends of the oldest are given up where there are too many, and where there is no place for them any more", async () => {
  const full = await failing(302, 1, tmpdir(), "No space left on device");
  expect(full.settled).toEqual([true, true, ...Array(300).fill(false)]);
  expect(full.said.slice(1)).toEqual(
    [0, 1].map((i) => `s: ${i}.duckdb: the end of this recording is lost: No space left on device`),
  );
  const gone = await failing(1, 1, join(tmpdir(), "svtrace-none"), "no such directory");
  expect(gone.settled).toEqual([true]);
  expect(gone.said).toEqual(["s: 0.duckdb: the end of this recording is lost: no such directory"]);
});

test("at the end of the recorder, a file that is read is waited for, but not for ever; what is lost is said", async () => {
  const said: string[] = [];
  let held = true;
  const write = async ({ path }: { path: string }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (path.endsWith("full.duckdb")) throw new Error("No space left on device");
    if (held) throw new Error(READ);
    return { trimmed: 0 };
  };
  const writing = new Writing(
    write,
    () => 0,
    () => 0,
    (text) => said.push(text),
  );
  const sinks = ["read", "full"].map((name) => makeSink({ path: join(tmpdir(), `${name}.duckdb`) }));
  for (const sink of sinks) sink.newTask(new Task(PID, PID, 0), false);
  setTimeout(() => {
    held = false;
  }, 50);
  await writing.finish(sinks, 5000);
  expect(said.slice(1)).toEqual([
    "s: full.duckdb: the end of this recording is lost: No space left on device",
  ]);
  held = true;
  sinks[0].end(1e9);
  await writing.finish(sinks.slice(0, 1), 20);
  expect(said.at(-1)).toBe(`s: read.duckdb: the end of this recording is lost: ${READ}`);
});
