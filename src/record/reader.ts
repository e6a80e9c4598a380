/** Reads recordings back: of this format and all before it. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";
import { UsageError } from "../base/errors.ts";
import { inTempDir } from "../kernel/temp-dir.ts";
import { CallTable, type Columns } from "./call-table.ts";
import { attach } from "./lock.ts";
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
import { OWNERS } from "./owners.ts";
import { quoted, type TableName, tables } from "./schema.ts";

/** Rows of a data chunk at most, and calls handed out at a time. */
const CHUNK_ROWS = 2048;
const BATCH = 16_384;

/** What DuckDB may take while it sorts; the rest goes to a temporary directory. */
const MEMORY = "200MB";

export interface ReadOptions {
  /** Without them, reading is quick. */
  calls?: boolean;
}

/** Loads a recording. Throws UsageError with one line when the file is none. */
export function readRecording(path: string, options: ReadOptions = {}): Promise<Recording> {
  return withRecording(path, async (db, lifetime) => {
    const none = lifetime.format === 1 || options.calls === false;
    return {
      path,
      lifetime,
      processes: await rows<ProcessRow>(db, "process", "ORDER BY born"),
      phases: await rows<PhaseRow>(db, "phase", "ORDER BY started"),
      losses: await rows<LossRow>(db, "loss"),
      calls: options.calls === false ? new CallTable(0, []) : await allCalls(db, lifetime),
      signals: await rows<SignalRow>(db, "signal", "ORDER BY ts"),
      events: await rows<EventRow>(db, "event", "ORDER BY ts"),
      ...(none ? { samples: [], stacks: new Map() } : await samples(db)),
    };
  });
}

/** A recording to be read from beginning to end, however large. */
export interface Source {
  /** Without its calls. */
  readonly recording: Recording;
  /** Calls that took at least `shortest` ns, in order of `ts`, some thousands at a time. */
  calls(shortest?: number): AsyncIterable<CallTable>;
  /** In the order in which they first came. */
  totals(): Promise<CallTotal[]>;
}

/** Calls of one thread, name and target. */
export interface CallTotal {
  readonly tid: number;
  readonly pid: number;
  readonly comm: string;
  readonly name: string;
  readonly target: string;
  readonly calls: number;
  readonly ns: number;
}

/** Runs `use` on a recording that is read as it asks for it. Throws UsageError when the file is none. */
export function withSource<T>(path: string, use: (source: Source) => Promise<T>): Promise<T> {
  return withRecording(path, async (db, lifetime) => {
    const recording: Recording = {
      path,
      lifetime,
      processes: await rows<ProcessRow>(db, "process", "ORDER BY born"),
      phases: await rows<PhaseRow>(db, "phase", "ORDER BY started"),
      losses: await rows<LossRow>(db, "loss"),
      calls: new CallTable(0, []),
      signals: await rows<SignalRow>(db, "signal", "ORDER BY ts"),
      events: await rows<EventRow>(db, "event", "ORDER BY ts"),
      ...(lifetime.format === 1 ? { samples: [], stacks: new Map() } : await samples(db)),
    };
    return use({
      recording,
      calls: (shortest) => tablesOf(db, lifetime, shortest),
      totals: async () =>
        objects<CallTotal>(
          db,
          ["tid", "pid", "comm", "name", "target", "calls", "ns"],
          `FROM (SELECT s.tid, s.pid, coalesce(p.comm, '') AS comm, s.name, s.target, count(*) AS calls,
              sum(s.duration_ns)::BIGINT AS ns, min(s.ts) AS first
             FROM syscall s LEFT JOIN (${OWNERS}) p ON p.tid = s.tid AND s.ts >= p.since AND s.ts < p.until
             GROUP BY ALL) ORDER BY first, tid, name`,
        ),
    });
  });
}

/** All calls of a name while the service ran. */
export type RateTotal = Pick<RateRow, "name" | "calls" | "errors" | "total_ns">;
/** Those of them that took up to `to_ns`, and longer than the next shorter ones. */
export type HistogramTotal = Pick<HistogramRow, "name" | "to_ns" | "calls">;

/**
 * Sums of what was counted while the service ran, in the order in which names first came. Throws UsageError with one line
 * when the file is no recording.
 */
export function readRates(path: string): Promise<{ rates: RateTotal[]; histograms: HistogramTotal[] }> {
  return withRecording(path, async (db, { format }) => ({
    rates: await objects<RateTotal>(
      db,
      ["name", "calls", "errors", "total_ns"],
      `FROM (SELECT name, sum(calls)::BIGINT AS calls, sum(errors)::BIGINT AS errors, sum(total_ns)::BIGINT AS total_ns,
         min(ts) AS first FROM rate GROUP BY name) ORDER BY first, name`,
    ),
    histograms:
      format === 1
        ? []
        : await objects<HistogramTotal>(
            db,
            ["name", "to_ns", "calls"],
            "FROM (SELECT name, to_ns, sum(calls)::BIGINT AS calls FROM histogram GROUP BY name, to_ns)",
          ),
  }));
}

/**
 * Runs `use` on an open recording. What it asks for can read and write files in the directory `outside` only: the recording may
 * be somebody else's, and have views in place of tables. Throws UsageError with one line when the file is none.
 */
export async function withRecording<T>(
  path: string,
  use: (db: DuckDBConnection, lifetime: Lifetime, newest: number) => Promise<T>,
  outside?: string,
): Promise<T> {
  if (!existsSync(path)) throw new UsageError(`${path}: file does not exist`);
  // loaded when a recording is read: it takes a while
  const { duckdb } = await import("./duckdb.ts");
  // what does not fit into memory must not lie beside the recording, nor where others can read it
  return inTempDir(join(tmpdir(), "svtrace-read-"), (spill) => reading(duckdb, path, spill, use, outside));
}

async function reading<T>(
  duckdb: typeof import("@duckdb/node-api"),
  path: string,
  spill: string,
  use: (db: DuckDBConnection, lifetime: Lifetime, newest: number) => Promise<T>,
  outside: string | undefined,
): Promise<T> {
  let instance: DuckDBInstance | undefined;
  try {
    instance = await open(duckdb, path, spill);
    const db = await instance.connect();
    try {
      if (outside !== undefined) await db.run(`SET allowed_directories = [${quoted(join(outside, "/"))}]`);
      await db.run("SET enable_external_access = false");
      const lifetime = await lifetimeOf(db);
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
    if (error instanceof UsageError) throw error;
    const text = String(error);
    if (/^(Error: )?Permission Error/.test(text))
      throw new UsageError(`${path}: not an svtrace recording: it wants to read other files`);
    if (/does not exist/.test(text)) throw new UsageError(`${path}: not an svtrace recording`);
    throw error;
  } finally {
    instance?.closeSync();
  }
}

/** Recordings of format 2 and before do not say which boot they are of. */
async function lifetimeOf(db: DuckDBConnection): Promise<Lifetime | undefined> {
  const [first] = await objects(db, ["format"], "FROM lifetime");
  if (!first || Number(first.format) >= 3) return (await rows<Lifetime>(db, "lifetime"))[0];
  const columns = tables.lifetime.map(([name]) => name as string).filter((name) => name !== "boot");
  return { ...(await objects<Omit<Lifetime, "boot">>(db, columns, "FROM lifetime"))[0], boot: "" };
}

async function open(
  duckdb: typeof import("@duckdb/node-api"),
  path: string,
  spill: string,
): Promise<DuckDBInstance> {
  const options = {
    access_mode: "READ_ONLY",
    memory_limit: MEMORY,
    temp_directory: spill,
    threads: "2",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  };
  try {
    return await attach(() => duckdb.DuckDBInstance.create(path, options));
  } catch (error) {
    const first = String(error instanceof Error ? error.message : error).split("\n")[0];
    if (/not a valid DuckDB|corrupt|Serialization/i.test(first))
      throw new UsageError(`${path}: not an svtrace recording`);
    throw new UsageError(`${path}: unable to open: ${first}`);
  }
}

/**
 * The columns of a CallTable, and what they are in the file: of the types that are copied from DuckDB's memory, whatever somebody
 * else's recording has there.
 */
const CALL_KEYS = [
  ["ts", "ts::DOUBLE"],
  ["duration", "duration_ns::DOUBLE"],
  ["blocked", "blocked_ns::DOUBLE"],
  ["queued", "queued_ns::DOUBLE"],
  ["gapBlocked", "gap_blocked_ns::DOUBLE"],
  ["gapQueued", "gap_queued_ns::DOUBLE"],
  ["tid", "tid::INTEGER"],
  ["pid", "pid::INTEGER"],
  ["name", "name::INTEGER"],
  ["args", "args::INTEGER"],
  ["ret", "ret::INTEGER"],
  ["error", "errno::INTEGER"],
  ["fd", "fd::INTEGER"],
  ["target", "target::INTEGER"],
  ["waker", "waker::INTEGER"],
  ["unfinished", "unfinished::BOOLEAN"],
] as const satisfies readonly (readonly [keyof Columns, string])[];

async function allCalls(db: DuckDBConnection, lifetime: Lifetime): Promise<CallTable> {
  if (lifetime.format === 1) return callsOfFormat1(db, 0);
  const table = new CallTable(await firstNumber(db, "SELECT count(*) FROM call"), await textsOf(db));
  for await (const chunk of chunksOf(db, 0)) await fill(table, chunk);
  return table;
}

/** Calls of at least `shortest` ns in tables of about `BATCH`. */
async function* tablesOf(db: DuckDBConnection, lifetime: Lifetime, shortest = 0): AsyncIterable<CallTable> {
  if (lifetime.format === 1) {
    yield await callsOfFormat1(db, shortest);
    return;
  }
  const texts = await textsOf(db);
  let table = new CallTable(BATCH + CHUNK_ROWS, texts);
  for await (const chunk of chunksOf(db, shortest)) {
    await fill(table, chunk);
    if (table.length < BATCH) continue;
    yield table;
    table = new CallTable(BATCH + CHUNK_ROWS, texts);
  }
  if (table.length > 0) yield table;
}

async function textsOf(db: DuckDBConnection): Promise<string[]> {
  const texts: string[] = [""];
  const result = await db.stream("SELECT id, text FROM text");
  for await (const chunk of result) {
    const [ids, values] = chunk.getColumns() as [number[], string[]];
    for (const [i, id] of ids.entries()) texts[id] = values[i];
  }
  return texts;
}

async function* chunksOf(db: DuckDBConnection, shortest: number): AsyncIterable<DuckDBDataChunk> {
  const columns = CALL_KEYS.map(([, sql]) => sql).join(", ");
  const least = shortest > 0 ? `WHERE duration_ns >= ${Math.round(shortest)}` : "";
  yield* await db.stream(`SELECT ${columns} FROM call ${least} ORDER BY ts, rowid`);
}

/** Adds a chunk's rows: as memory, without a JavaScript value for each. */
async function fill(table: CallTable, { chunk, rowCount }: DuckDBDataChunk): Promise<void> {
  const { bindings } = await import("./duckdb.ts");
  for (const [c, [key]] of CALL_KEYS.entries()) {
    const column = table.columns[key];
    const bytes = rowCount * column.BYTES_PER_ELEMENT;
    const data = bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, c), bytes);
    new Uint8Array(column.buffer).set(data, table.length * column.BYTES_PER_ELEMENT);
  }
  table.length += rowCount;
}

/** Format 1 had the texts in the calls, and no scheduling facts. */
async function callsOfFormat1(db: DuckDBConnection, shortest: number): Promise<CallTable> {
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
  const found = await objects(
    db,
    columns,
    `FROM syscall WHERE duration_ns >= ${Math.round(shortest)} ORDER BY ts`,
  );
  return CallTable.from(
    found.map(({ duration_ns, errno, ...row }) => {
      return { ...row, duration: duration_ns, error: errno, ...unknown } as CallRow;
    }),
  );
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
  return objects<T>(db, columns, `FROM "${table}" ${tail}`);
}

async function objects<T = Record<string, unknown>>(
  db: DuckDBConnection,
  columns: readonly string[],
  from: string,
): Promise<T[]> {
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
  return out as T[];
}

export async function firstNumber(db: DuckDBConnection, sql: string): Promise<number> {
  return Number((await db.runAndReadAll(sql)).getRows()[0][0]);
}
