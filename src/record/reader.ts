/** Reads recordings back: of this format and all before it. */
import { existsSync } from "node:fs";
import type { DuckDBConnection } from "@duckdb/node-api";
import { UsageError } from "../base/errors.ts";
import {
  type CallRow,
  type EventRow,
  FORMAT,
  type Frame,
  type HistogramRow,
  type Lifetime,
  type LossRow,
  type PhaseRow,
  type ProcessRow,
  type RateRow,
  type Recording,
  type SampleRow,
  type SignalRow,
} from "./model.ts";
import { type TableName, tables } from "./schema.ts";
import { attach } from "./writer.ts";

export interface ReadOptions {
  /** Calls that ended before `from` or began after `to` (monotonic ns) are left out. */
  from?: number;
  to?: number;
  /** Without them, reading is quick. */
  calls?: boolean;
}

/** Loads a recording. Throws UsageError with one line when the file is none. */
export function readRecording(path: string, options: ReadOptions = {}): Promise<Recording> {
  return withRecording(path, async (db, lifetime) => {
    const from = Math.round(options.from ?? 0);
    const to = Math.round(options.to ?? Number.MAX_SAFE_INTEGER);
    const where = `WHERE ts + duration_ns >= ${from} AND ts <= ${to} ORDER BY ts`;
    return {
      path,
      lifetime,
      processes: await rows<ProcessRow>(db, "process", "ORDER BY born"),
      phases: await rows<PhaseRow>(db, "phase", "ORDER BY started"),
      losses: await rows<LossRow>(db, "loss"),
      calls: options.calls === false ? [] : await (lifetime.format === 1 ? callsOfFormat1 : calls)(db, where),
      signals: await rows<SignalRow>(db, "signal", "ORDER BY ts"),
      events: await rows<EventRow>(db, "event", "ORDER BY ts"),
      ...(lifetime.format === 1 || options.calls === false
        ? { samples: [], stacks: new Map() }
        : await samples(db)),
    };
  });
}

/** What was counted while the service ran. Throws UsageError with one line when the file is no recording. */
export function readRates(path: string): Promise<{ rates: RateRow[]; histograms: HistogramRow[] }> {
  return withRecording(path, async (db, { format }) => ({
    rates: await rows<RateRow>(db, "rate", "ORDER BY ts"),
    histograms: format === 1 ? [] : await rows<HistogramRow>(db, "histogram", "ORDER BY ts, name, from_ns"),
  }));
}

/** Runs `use` on an open recording. Throws UsageError with one line when the file is none. */
export async function withRecording<T>(
  path: string,
  use: (db: DuckDBConnection, lifetime: Lifetime, newest: number) => Promise<T>,
): Promise<T> {
  if (!existsSync(path)) throw new UsageError(`${path}: file does not exist`);
  // loaded when a recording is read: it takes a while
  const { duckdb } = await import("./duckdb.ts");
  const instance = await open(duckdb, path);
  try {
    const db = await instance.connect();
    try {
      const lifetime = (await rows<Lifetime>(db, "lifetime"))[0];
      if (!lifetime) throw new UsageError(`${path}: the recording is empty`);
      if (lifetime.format > FORMAT) {
        throw new UsageError(
          `${path}: written by a newer svtrace (format ${lifetime.format}, this one reads ${FORMAT})`,
        );
      }
      return await use(db, lifetime, FORMAT);
    } finally {
      db.closeSync();
    }
  } catch (error) {
    if (error instanceof UsageError || !/does not exist/.test(String(error))) throw error;
    throw new UsageError(`${path}: not an svtrace recording`);
  } finally {
    instance.closeSync();
  }
}

async function open(duckdb: typeof import("@duckdb/node-api"), path: string) {
  try {
    return await attach(() => duckdb.DuckDBInstance.create(path, { access_mode: "READ_ONLY" }));
  } catch (error) {
    const first = String(error instanceof Error ? error.message : error).split("\n")[0];
    if (/not a valid DuckDB|corrupt|Serialization/i.test(first))
      throw new UsageError(`${path}: not an svtrace recording`);
    throw new UsageError(`${path}: unable to open: ${first}`);
  }
}

async function calls(db: DuckDBConnection, where: string): Promise<CallRow[]> {
  const texts: string[] = [""];
  for (const { id, text } of await rows<{ id: number; text: string }>(db, "text")) texts[id] = text;
  return (await rows(db, "call", where)).map((row) => ({
    ts: row.ts as number,
    duration: row.duration_ns as number,
    tid: row.tid as number,
    pid: row.pid as number,
    name: texts[row.name as number] ?? "",
    args: texts[row.args as number] ?? "",
    ret: texts[row.ret as number] ?? "",
    error: texts[row.errno as number] ?? "",
    fd: row.fd as number,
    target: texts[row.target as number] ?? "",
    unfinished: row.unfinished as boolean,
    blocked: row.blocked_ns as number,
    queued: row.queued_ns as number,
    gapBlocked: row.gap_blocked_ns as number,
    gapQueued: row.gap_queued_ns as number,
    waker: row.waker as number,
  }));
}

/** Format 1 had the texts in the calls, and no scheduling facts. */
async function callsOfFormat1(db: DuckDBConnection, where: string): Promise<CallRow[]> {
  const columns = [
    "ts",
    "duration_ns",
    "tid",
    "pid",
    "name",
    "args",
    "ret",
    "errno",
    "fd",
    "target",
    "unfinished",
  ];
  const unknown = { blocked: -1, queued: -1, gapBlocked: -1, gapQueued: -1, waker: -1 };
  const found = await objects(db, columns, `FROM syscall ${where}`);
  return found.map(({ duration_ns, errno, ...row }) => {
    return { ...row, duration: duration_ns, error: errno, ...unknown } as CallRow;
  });
}

async function samples(db: DuckDBConnection): Promise<Pick<Recording, "samples" | "stacks">> {
  const frames = new Map<number, Frame>();
  for (const { id, ...frame } of await rows<Frame & { id: number }>(db, "frame")) frames.set(id, frame);
  const stacks = new Map<number, Frame[]>();
  for (const { id, frame } of await rows<{ id: number; frame: number }>(db, "stack", "ORDER BY id, depth")) {
    const stack = stacks.get(id) ?? [];
    stack.push(frames.get(frame) ?? { function: "", module: "", address: 0 });
    stacks.set(id, stack);
  }
  return { samples: await rows<SampleRow>(db, "sample", "ORDER BY ts"), stacks };
}

/** All rows of a table as objects; BIGINT columns become numbers (nanoseconds fit 53 bits for 104 days of uptime). */
export async function rows<T = Record<string, unknown>>(
  db: DuckDBConnection,
  table: TableName,
  tail = "",
): Promise<T[]> {
  const columns = tables[table].map(([name]) => name as string);
  return (await objects(db, columns, `FROM "${table}" ${tail}`)) as T[];
}

async function objects(
  db: DuckDBConnection,
  columns: readonly string[],
  from: string,
): Promise<Record<string, unknown>[]> {
  const reader = await db.runAndReadAll(`SELECT ${columns.map((c) => `"${c}"`).join(", ")} ${from}`);
  const data = reader.getColumnsJS();
  const kept = new Map<string, string>();
  const out: Record<string, unknown>[] = new Array(reader.currentRowCount);
  for (let r = 0; r < out.length; r++) out[r] = {};
  for (const [c, name] of columns.entries()) {
    const values = data[c];
    for (let r = 0; r < out.length; r++) {
      const value = values[r];
      if (typeof value === "bigint") out[r][name] = Number(value);
      else if (typeof value === "string") {
        // Equal texts share one string: a recording repeats few of them very often.
        const same = kept.get(value);
        if (same === undefined) kept.set(value, value);
        out[r][name] = same ?? value;
      } else out[r][name] = value;
    }
  }
  return out;
}

export async function firstNumber(db: DuckDBConnection, sql: string): Promise<number> {
  return Number((await db.runAndReadAll(sql)).getRows()[0][0]);
}
