import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CallBuffer, putCall } from "./columns.ts";
import { type Batch, type CallRow, FORMAT, type Lifetime } from "./model.ts";
import { readRecording, withRecording } from "./reader.ts";
import { SampleBuffer } from "./samples.ts";
import { Texts } from "./texts.ts";
import { writeBatch } from "./writer.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-record-"));
afterAll(() => rmSync(dir, { recursive: true }));

function lifetime(): Lifetime {
  return {
    format: FORMAT,
    service: "web",
    dir: "/service/web",
    pid: 10,
    started: 1e9,
    ready: null,
    ready_by: null,
    asked: null,
    asked_by: null,
    died: null,
    ended: null,
    written: 2e9,
    status: null,
    signal: null,
    anchor: 1.7e18,
    attached: false,
    supervisor: 1,
    host: "h",
    kernel: "6.18",
    version: "0",
    engine: "ptrace",
    threshold: 1e7,
    previous: null,
    next: null,
  };
}

const row = (ts: number, name = "read", duration = 1000): CallRow => ({
  ts,
  duration,
  tid: 10,
  pid: 10,
  name,
  args: '3, "x", 1',
  ret: "1",
  error: "",
  fd: 3,
  target: "/etc/x",
  unfinished: false,
  blocked: -1,
  queued: -1,
  gapBlocked: -1,
  gapQueued: -1,
  waker: -1,
});

/** Collects calls as a sink does. */
class Calls {
  readonly texts = new Texts();
  readonly calls = new CallBuffer();
  readonly open = new CallBuffer();

  add(call: CallRow): void {
    putCall(call.unfinished ? this.open : this.calls, this.texts, call);
  }

  batch(path: string, more: Partial<Batch> = {}): Batch {
    return {
      path,
      limit: 1e9,
      ranFrom: null,
      lifetime: lifetime(),
      processes: [],
      phases: [],
      losses: [],
      calls: this.calls.take(),
      open: this.open.take(),
      texts: this.texts.take(),
      signals: [],
      events: [],
      rates: [],
      histograms: [],
      samples: { rows: [], stacks: [], frames: [] },
      ...more,
    };
  }
}

test("batches add up and unfinished calls are replaced", async () => {
  const path = join(dir, "a.duckdb");
  const calls = new Calls();
  for (let i = 0; i < 5000; i++) calls.add(row(1e9 + i));
  calls.add({ ...row(3e9, "accept"), unfinished: true });
  await writeBatch(calls.batch(path));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await readRecording(path)).calls[5000]).toEqual({ ...row(3e9, "accept"), unfinished: true });
  const last = {
    ...row(3e9, "accept", 5e9),
    blocked: 4.9e9,
    queued: 12,
    gapBlocked: 0,
    gapQueued: 5e9,
    waker: 11,
  };
  calls.add(last);
  await writeBatch(calls.batch(path, { losses: [{ ts: 1, count: 3, reason: "test" }] }));
  const back = await readRecording(path);
  expect(back.calls.length).toBe(5001);
  expect(back.calls[4999]).toEqual(row(1e9 + 4999));
  expect(back.calls[5000]).toEqual(last);
  expect(back.lifetime).toEqual(lifetime());
  expect(back.losses[0].count).toBe(3);
});

test("a full buffer drops its oldest fast calls only", () => {
  const calls = new CallBuffer();
  const texts = new Texts();
  putCall(calls, texts, row(0, "first", 1e8));
  expect(texts.take().texts).toContain("first");
  calls.take();
  for (let i = 0; i < 3000; i++) putCall(calls, texts, row(i, `call${i}`, i % 10 === 0 ? 1e8 : 10));
  expect(calls.dropOldest(1e6, texts)).toBe(1500);
  const { base, texts: left } = texts.take();
  const columns = calls.take();
  expect(columns.count).toBe(1500);
  expect(left[columns.name[0] - base]).toBe("call0");
  expect(left[columns.name[columns.count - 1] - base]).toBe("call2999");
  expect(left.length).toBeLessThan(1510);
  expect(Array.from(columns.duration.subarray(0, columns.count)).filter((d) => d === 1e8).length).toBe(300);
});

test("SQL sees texts, and NULL for what is unknown", async () => {
  const path = join(dir, "sql.duckdb");
  const calls = new Calls();
  calls.add(row(1e9));
  calls.add({ ...row(2e9, "futex"), blocked: 900, queued: 5, gapBlocked: 0, gapQueued: 0, waker: 77 });
  await writeBatch(calls.batch(path));
  const rows = await withRecording(path, async (db) =>
    (await db.runAndReadAll("SELECT name, args, blocked_ns, waker FROM syscall ORDER BY ts")).getRowsJS(),
  );
  expect(rows).toEqual([
    ["read", '3, "x", 1', null, null],
    ["futex", '3, "x", 1', 900n, 77],
  ]);
});

test("samples come back with the functions they were in", async () => {
  const path = join(dir, "samples.duckdb");
  const calls = new Calls();
  const samples = new SampleBuffer();
  const frames = Float64Array.of(codeAddress(), 1);
  samples.add(process.pid, process.pid, frames, 2, 0, 5e9);
  samples.add(process.pid, process.pid, frames, 2, 0, 6e9);
  await writeBatch(calls.batch(path, { samples: samples.take() }));
  samples.add(process.pid, process.pid, frames, 2, 0, 7e9);
  await writeBatch(calls.batch(path, { samples: samples.take() }));
  const { samples: rows, stacks } = await readRecording(path);
  expect(rows).toEqual([5e9, 6e9, 7e9].map((ts) => ({ ts, tid: process.pid, stack: 0 })));
  expect(stacks.size).toBe(1);
  const [inner, outer] = stacks.get(0)!;
  expect(inner.module).toBe(realpathSync(process.execPath));
  expect(inner.function).not.toBe("");
  expect(outer).toMatchObject({ function: "", module: "" });
});

/** An address in the middle of node's own code. */
function codeAddress(): number {
  const line = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .find((l) => / r-xp /.test(l) && l.endsWith(realpathSync(process.execPath)))!;
  const [from, to] = line
    .split(" ")[0]
    .split("-")
    .map((x) => Number.parseInt(x, 16));
  return Math.floor((from + to) / 2);
}
