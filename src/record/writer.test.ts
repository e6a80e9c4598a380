import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CallBuffer } from "./columns.ts";
import { type Batch, FORMAT, type Lifetime } from "./model.ts";
import { readRecording } from "./reader.ts";
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

function batch(path: string, calls: CallBuffer, more: Partial<Batch> = {}): Batch {
  return {
    path,
    lifetime: lifetime(),
    processes: [],
    phases: [],
    losses: [],
    open: [],
    calls: calls.take(),
    signals: [],
    events: [],
    rates: [],
    ...more,
  };
}

const call = (ts: number, name = "read", duration = 1000) => ({
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
});

test("batches add up and unfinished calls are replaced", async () => {
  const path = join(dir, "a.duckdb");
  const calls = new CallBuffer();
  for (let i = 0; i < 5000; i++) calls.add(call(1e9 + i));
  await writeBatch(batch(path, calls, { open: [{ ...call(3e9, "accept"), unfinished: true }] }));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  calls.add(call(3e9, "accept", 5e9));
  await writeBatch(batch(path, calls, { losses: [{ ts: 1, count: 3, reason: "test" }] }));
  const back = await readRecording(path);
  expect(back.calls.length).toBe(5001);
  expect(back.calls[5000]).toEqual({ ...call(3e9, "accept", 5e9), unfinished: false });
  expect(back.lifetime).toEqual(lifetime());
  expect(back.losses[0].count).toBe(3);
});

test("a full buffer drops its oldest fast calls only", () => {
  const calls = new CallBuffer();
  for (let i = 0; i < 3000; i++) calls.add(call(i, `call${i}`, i % 10 === 0 ? 1e8 : 10));
  const dropped = calls.dropOldest(1e6);
  expect(dropped).toBe(1500);
  const left = calls.take();
  expect(left.count).toBe(1500);
  expect(left.strings[left.name[0]]).toBe("call0");
  expect(left.strings[left.name[left.count - 1]]).toBe("call2999");
  expect(Array.from(left.duration.subarray(0, left.count)).filter((d) => d === 1e8).length).toBe(300);
});
