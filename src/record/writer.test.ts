import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test } from "vitest";
import { CallBuffer, putCall } from "./columns.ts";
import { loadPair } from "./locate.ts";
import { type Batch, type CallRow, FORMAT, type Lifetime, type ProcessRow } from "./model.ts";
import { expire, listRecordings, recordingName } from "./names.ts";
import { readRates, readRecording, withRecording } from "./reader.ts";
import { SampleBuffer } from "./samples.ts";
import { tables } from "./schema.ts";
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

/** A call's own properties. */
const plain = (call: CallRow): CallRow =>
  Object.fromEntries(
    Object.keys(row(0)).map((key) => [key, call[key as keyof CallRow]]),
  ) as unknown as CallRow;

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
  expect(plain((await readRecording(path)).calls.at(5000))).toEqual({
    ...row(3e9, "accept"),
    unfinished: true,
  });
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
  expect(plain(back.calls.at(4999))).toEqual(row(1e9 + 4999));
  expect(plain(back.calls.at(5000))).toEqual(last);
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
  const [columns] = calls.take();
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

test("a recording larger than it may be loses the older half of what was kept while running", async () => {
  const path = join(dir, "large.duckdb");
  const calls = new Calls();
  const ranFrom = 2e9;
  for (let i = 0; i < 100; i++) calls.add(row(1e9 + i, "starting"));
  const running = 40_000;
  for (let i = 0; i < running; i++) calls.add({ ...row(3e9 + i * 1e6), args: `${i} of many` });
  const last = { ...lifetime(), written: 60e9 };
  const worker = (tid: number, born: number): ProcessRow => ({
    ...{ tid, pid: tid, parent: last.pid, comm: "worker", argv: "worker", born, died: 4e9, status: 0 },
    ...{ signal: null, user_ns: null, system_ns: null, queued_ns: null },
  });
  const processes = [worker(2, 1e9), worker(3, 3e9)];
  const { trimmed } = await writeBatch(
    calls.batch(path, { ranFrom, limit: 300_000, lifetime: last, processes }),
  );
  expect(trimmed).toBeGreaterThan(running * 0.4);
  expect(trimmed).toBeLessThan(running * 0.6);
  const back = await readRecording(path);
  expect([...back.calls].filter((c) => c.name === "starting").length).toBe(100);
  expect(back.processes.map((p) => p.tid)).toEqual([2]);
  const kept = [...back.calls].filter((c) => c.name === "read");
  expect(kept.length).toBe(running - trimmed);
  expect(kept[0].ts).toBeGreaterThan(3e9 + running * 0.4 * 1e6);
  expect(kept.at(-1)!.args).toBe(`${running - 1} of many`);
  const before = statSync(path).size;
  for (let i = 0; i < 1000; i++) calls.add({ ...row(50e9 + i * 1e6), args: `${i} of more` });
  await writeBatch(calls.batch(path, { ranFrom, limit: 300_000, lifetime: last }));
  expect(statSync(path).size).toBeLessThan(before * 1.5);
});

test("a file has its name once something is in it; what a killed writer left is removed", async () => {
  const path = join(dir, recordingName(1.7e18, 1));
  const begun = `${path}.begun`;
  writeFileSync(begun, "half a header");
  writeFileSync(`${begun}.wal`, "");
  expect(listRecordings(dir)).toEqual([]);
  const limits = { keep: 5, size: 1e9, age: 0 };
  expire(dir, limits, new Set());
  expect(existsSync(begun)).toBe(true);
  await writeBatch(new Calls().batch(path));
  expect([existsSync(begun), existsSync(`${begun}.wal`)]).toEqual([false, false]);
  expect((await readRecording(path)).lifetime).toEqual(lifetime());
  writeFileSync(begun, "half a header");
  expire(dir, limits, new Set(), Date.now() + 3_600_000);
  expect(existsSync(begun)).toBe(false);
  expect(listRecordings(dir)).toEqual([recordingName(1.7e18, 1)]);
});

test("what is no recording is called that", async () => {
  const path = join(dir, "none.duckdb");
  writeFileSync(path, "");
  await expect(readRecording(path)).rejects.toThrow(
    /^\S+none\.duckdb: (not an svtrace recording|unable to open: .*)$/,
  );
  writeFileSync(path, "x".repeat(20_000));
  await expect(readRecording(path)).rejects.toThrow(/^\S+none\.duckdb: not an svtrace recording$/);
  // the one before is left out then
  const next = join(dir, "next.duckdb");
  await writeBatch(new Calls().batch(next, { lifetime: { ...lifetime(), previous: "none.duckdb" } }));
  expect(await loadPair(next)).toMatchObject({ current: { path: next }, previous: undefined });
});

test("recordings of format 1 are read", async () => {
  const path = join(dir, "format1.duckdb");
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  const same = ["lifetime", "process", "signal", "event", "phase", "loss", "rate"] as const;
  for (const name of same)
    await db.run(`CREATE TABLE ${name} (${tables[name].map(([c, t]) => `"${c}" ${t}`).join(", ")})`);
  await db.run(`CREATE TABLE syscall (ts BIGINT, duration_ns BIGINT, tid INTEGER, pid INTEGER, name VARCHAR,
    args VARCHAR, ret VARCHAR, errno VARCHAR, fd INTEGER, target VARCHAR, unfinished BOOLEAN)`);
  await db.run("INSERT INTO lifetime (format, service, started, written) VALUES (1, 'old', 1000, 9000)");
  await db.run(
    `INSERT INTO syscall VALUES (2000, 50, 7, 7, 'openat', '"/x"', '-1', 'ENOENT', -1, '/x', false)`,
  );
  await db.run("INSERT INTO rate VALUES (1000, 'read', 3, 0, 30, 20)");
  db.closeSync();
  instance.closeSync();
  const back = await readRecording(path);
  expect(back.lifetime).toMatchObject({ format: 1, service: "old", ended: null });
  const unknown = { blocked: -1, queued: -1, gapBlocked: -1, gapQueued: -1, waker: -1 };
  expect([...back.calls].map(plain)).toEqual([
    {
      ts: 2000,
      duration: 50,
      tid: 7,
      pid: 7,
      name: "openat",
      args: '"/x"',
      ret: "-1",
      error: "ENOENT",
      fd: -1,
      target: "/x",
      unfinished: false,
      ...unknown,
    },
  ]);
  expect(back.samples).toEqual([]);
  expect(await readRates(path)).toMatchObject({ rates: [{ name: "read", calls: 3 }], histograms: [] });
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
