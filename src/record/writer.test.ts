import { randomBytes } from "node:crypto";
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
import { type Batch, type CallRow, type EventRow, FORMAT, type Lifetime, type ProcessRow } from "./model.ts";
import { expire, listRecordings, recordingName } from "./names.ts";
import { Owners } from "./owners.ts";
import { firstNumber, readRates, readRecording, withRecording, withSource } from "./reader.ts";
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
    boot: "b",
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

const noSamples = { rows: [], stacks: [], frames: [], settledStack: 0, settledFrame: 0 };

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
      samples: { ...noSamples },
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

test("what was counted is summed by name", async () => {
  const path = join(dir, "counted.duckdb");
  const rate = (ts: number, name: string) => ({ ts, name, calls: 3, errors: 1, total_ns: 5e6, max_ns: 4e6 });
  const bucket = (ts: number, to_ns: number) => ({ ts, name: "read", from_ns: to_ns / 2, to_ns, calls: 2 });
  const rates = [rate(1e9, "write"), rate(2e9, "read"), rate(3e9, "read")];
  const histograms = [bucket(2e9, 896), bucket(3e9, 896), bucket(3e9, 4096)];
  await writeBatch(new Calls().batch(path, { rates, histograms }));
  const found = await readRates(path);
  expect(found.rates).toEqual([
    { name: "write", calls: 3, errors: 1, total_ns: 5e6 },
    { name: "read", calls: 6, errors: 2, total_ns: 1e7 },
  ]);
  expect(found.histograms.sort((a, b) => a.to_ns - b.to_ns)).toEqual([
    { name: "read", to_ns: 896, calls: 4 },
    { name: "read", to_ns: 4096, calls: 2 },
  ]);
});

test("a call is its thread's, not of another that has had or will have its tid", async () => {
  const path = join(dir, "reused.duckdb");
  const thread = (comm: string, born: number, died: number | null): ProcessRow => ({
    ...{ tid: 10, pid: 10, parent: 1, comm, argv: comm, born, died, status: null, signal: null },
    ...{ user_ns: null, system_ns: null, queued_ns: null },
  });
  // of the second the death is not known, and births may be noted late
  const processes = [
    thread("first", 1e9, 2e9),
    thread("second", 3e9, null),
    thread("third", 5e9, 6e9),
    { ...thread("other", 1e9, null), tid: 11 },
  ];
  const times = [0.9e9, 1.5e9, 2.9e9, 3.5e9, 4.9e9, 5e9, 6.5e9];
  const owners = ["first", "first", "second", "second", "second", "third", "third"];
  const calls = new Calls();
  for (const ts of times) calls.add(row(ts));
  calls.add({ ...row(7e9), tid: 12 });
  const rows = times.map((ts) => ({ ts, tid: 10, stack: 0 }));
  await writeBatch(calls.batch(path, { processes, samples: { ...noSamples, rows } }));
  const found = await withRecording(path, async (db) => {
    const column = async (sql: string) => (await db.runAndReadAll(sql)).getRowsJS().map(([comm]) => comm);
    return [
      await column("SELECT comm FROM calls ORDER BY time"),
      await column("SELECT comm FROM profile ORDER BY time"),
    ];
  });
  expect(found).toEqual([[...owners, ""], owners]);
  const totals = await withSource(path, (source) => source.totals());
  expect(totals.map((t) => [t.tid, t.comm, t.calls])).toEqual([
    [10, "first", 2],
    [10, "second", 3],
    [10, "third", 2],
    [12, "", 1],
  ]);
  const known = new Owners((await readRecording(path)).processes);
  expect(times.map((ts) => known.at(10, ts)?.comm)).toEqual(owners);
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
  const rate = (ts: number) => ({ ts, name: "read", calls: 2, errors: 1, total_ns: 5000, max_ns: ts / 1e9 });
  const bucket = (ts: number) => ({ ts, name: "read", from_ns: ts < 4e9 ? 0 : 1024, to_ns: 2048, calls: 2 });
  const seconds = Array.from({ length: 40 }, (_, i) => 3e9 + i * 1e9);
  const counted = { rates: seconds.map(rate), histograms: seconds.map(bucket) };
  const { trimmed } = await writeBatch(
    calls.batch(path, { ranFrom, limit: 300_000, lifetime: last, processes, ...counted }),
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
  // what was counted stays, though no longer second by second
  const rows = (table: string) =>
    withRecording(path, async (db) => {
      const reader = await db.runAndReadAll(`FROM ${table}`);
      return reader
        .getRowObjects()
        .map((r) =>
          Object.fromEntries(Object.entries(r).map(([k, v]) => [k, typeof v === "bigint" ? Number(v) : v])),
        );
    });
  const [rates, histograms] = [await rows("rate"), await rows("histogram")];
  expect(rates.filter((r) => r.ts !== null).length).toBeLessThan(30);
  const [sum, ...others] = rates.filter((r) => r.ts === null);
  const gone = 40 - rates.length + 1;
  const max_ns = gone + 2;
  expect([sum, others]).toEqual([
    { ts: null, name: "read", calls: gone * 2, errors: gone, total_ns: gone * 5000, max_ns },
    [],
  ]);
  expect(histograms.filter((h) => h.ts === null).map((h) => [h.from_ns, h.calls])).toEqual([
    [0, 2],
    [1024, (gone - 1) * 2],
  ]);
  const before = statSync(path).size;
  for (let i = 0; i < 1000; i++) calls.add({ ...row(50e9 + i * 1e6), args: `${i} of more` });
  const again = await writeBatch(calls.batch(path, { ranFrom, limit: 300_000, lifetime: last }));
  expect(again.trimmed).toBeGreaterThan(0);
  expect(statSync(path).size).toBeLessThan(before * 1.5);
  const later = await readRates(path);
  const times = (await rows("rate")).map((r) => r.ts);
  expect(times.length).toBeLessThan(rates.length);
  expect(times.filter((ts) => ts === null).length).toBe(1);
  expect(later.rates.reduce((n, r) => n + r.calls, 0)).toBe(80);
  expect(later.histograms.reduce((n, h) => n + h.calls, 0)).toBe(80);
});

test("programs run and stacks seen while running do not make a recording larger than it may be", async () => {
  const path = join(dir, "bounded.duckdb");
  const [calls, samples] = [new Calls(), new SampleBuffer()];
  const number = (sql: string) => withRecording(path, (db) => firstNumber(db, sql));
  const limit = 3e6;
  const rounds = 11;
  let ts = 2e9;
  let gone = 0;
  const next = () => {
    ts += 1e6;
    return ts;
  };
  const event = (kind: string, text: string): EventRow => ({ ts: next(), kind, pid: 5, text, until: null });
  for (let round = 0; round < rounds; round++) {
    const execs = Array.from({ length: 100 }, () => event("exec", randomBytes(2000).toString("base64")));
    for (let i = 0; i < 1000; i++) {
      const frames = Float64Array.from({ length: 30 }, () => -1000 + Math.random() * 990);
      samples.add(5, 5, frames.map(Math.round), 30, 30, next());
    }
    const events = round === 0 ? [event("control", "svc -h"), ...execs] : execs;
    const { trimmed } = await writeBatch(
      calls.batch(path, {
        ...{ ranFrom: 1.5e9, limit, lifetime: { ...lifetime(), written: ts } },
        ...{ events, samples: samples.take() },
      }),
    );
    if (trimmed > 0) samples.forgetIds();
    gone += trimmed;
    expect(statSync(path).size).toBeLessThan(limit * 2);
  }
  const used = "SELECT used_blocks * block_size FROM pragma_database_size()";
  expect(await number(used)).toBeLessThan(limit * 1.2);
  const [execs, seen] = [
    await number("SELECT count(*) FROM event WHERE kind = 'exec'"),
    await number("SELECT count(*) FROM sample"),
  ];
  expect(gone).toBe(rounds * 1100 - execs - seen);
  expect(gone).toBeGreaterThan(rounds * 300);
  expect(gone).toBeLessThan(rounds * 1000);
  expect(await number("SELECT count(*) FROM event WHERE kind = 'control'")).toBe(1);
  // each sample left still has its stack, and that its frames; few others are there
  expect(await number("SELECT count(*) FROM sample WHERE stack NOT IN (SELECT id FROM stack)")).toBe(0);
  expect(await number("SELECT count(*) FROM stack WHERE frame NOT IN (SELECT id FROM frame)")).toBe(0);
  expect(await number("SELECT count(DISTINCT id) FROM stack")).toBeLessThan(seen * 2);
  expect(await number("SELECT count(*) FROM frame")).toBeLessThan(3000);
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

test("recordings of format 2, which do not name their boot, are read", async () => {
  const path = join(dir, "format2.duckdb");
  const calls = new Calls();
  calls.add(row(1e9));
  await writeBatch(calls.batch(path));
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  await db.run("ALTER TABLE lifetime DROP COLUMN boot");
  await db.run("UPDATE lifetime SET format = 2");
  db.closeSync();
  instance.closeSync();
  const back = await readRecording(path);
  expect(back.lifetime).toMatchObject({ format: 2, boot: "", service: lifetime().service });
  expect([...back.calls].map(plain)).toEqual([row(1e9)]);
});

test("a recording that reads other files is none", async () => {
  const path = join(dir, "hostile.duckdb");
  const secret = join(dir, "secret");
  writeFileSync(secret, "s\n");
  await writeBatch(new Calls().batch(path));
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  await db.run("ALTER TABLE signal RENAME TO signals");
  await db.run(
    `CREATE VIEW signal AS SELECT * REPLACE ((SELECT content FROM read_text('${secret}')) AS info) FROM signals`,
  );
  await db.run("INSERT INTO signals BY NAME SELECT 1 AS ts");
  db.closeSync();
  instance.closeSync();
  await expect(readRecording(path)).rejects.toThrow("it wants to read other files");
});

test("recordings of format 1 are read", async () => {
  const path = join(dir, "format1.duckdb");
  const instance = await DuckDBInstance.create(path);
  const db = await instance.connect();
  const same = ["lifetime", "process", "signal", "event", "phase", "loss", "rate"] as const;
  for (const name of same) {
    const columns = tables[name].filter(([c]) => c !== "boot");
    await db.run(`CREATE TABLE ${name} (${columns.map(([c, t]) => `"${c}" ${t}`).join(", ")})`);
  }
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
