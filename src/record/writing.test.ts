import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import { makeSink, PID } from "./synthetic.ts";
import { Writing } from "./writing.ts";

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
    makeSink({ path: join(tmpdir(), name, "trace", "recordings", `${name}.duckdb`) }),
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

test("the end of a lifetime is given up where the disk does not take it, not because somebody reads the file", async () => {
  let reason = 'IO Error: Could not set lock on file "x": Conflicting lock is held in less (PID 7)';
  const said: string[] = [];
  const writing = new Writing(
    () => Promise.reject(new Error(reason)),
    () => 0,
    () => 0,
    (text) => said.push(text),
  );
  const sink = makeSink({ path: join(tmpdir(), "read", "trace", "recordings", "read.duckdb") });
  sink.newTask(new Task(PID, PID, 0), false);
  sink.end(0);
  for (let i = 0; i < 40; i++) await writing.flush(sink);
  expect(writing.settled(sink)).toBe(false);
  reason = "No space left on device";
  for (let i = 0; i < 40; i++) await writing.flush(sink);
  expect(writing.settled(sink)).toBe(true);
  expect(said.at(-1)).toMatch(/the end of this recording is lost$/);
});
