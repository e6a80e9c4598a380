/** Reads recordings back. */
import { existsSync } from "node:fs";
import type { DuckDBConnection } from "@duckdb/node-api";
import { UsageError } from "../base/errors.ts";
import {
  type CallRow,
  type EventRow,
  FORMAT,
  type Lifetime,
  type LossRow,
  type PhaseRow,
  type ProcessRow,
  type Recording,
  type SignalRow,
} from "./model.ts";
import { type TableName, tables } from "./schema.ts";
import { openPatiently } from "./writer.ts";

export interface ReadOptions {
  /** Calls that ended before `from` or began after `to` (monotonic ns) are left out. */
  from?: number;
  to?: number;
}

/** Loads a recording. Throws UsageError with one line when the file is none. */
export async function readRecording(path: string, options: ReadOptions = {}): Promise<Recording> {
  if (!existsSync(path)) throw new UsageError(`${path}: file does not exist`);
  const duckdb = await import("@duckdb/node-api");
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
      const from = Math.round(options.from ?? 0);
      const to = Math.round(options.to ?? Number.MAX_SAFE_INTEGER);
      return {
        path,
        lifetime,
        processes: await rows<ProcessRow>(db, "process", "ORDER BY born"),
        phases: await rows<PhaseRow>(db, "phase", "ORDER BY started"),
        losses: await rows<LossRow>(db, "loss"),
        calls: (
          await rows(db, "syscall", `WHERE ts + duration_ns >= ${from} AND ts <= ${to} ORDER BY ts`)
        ).map(call),
        signals: await rows<SignalRow>(db, "signal", "ORDER BY ts"),
        events: await rows<EventRow>(db, "event", "ORDER BY ts"),
      };
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
    return await openPatiently(duckdb, path, { access_mode: "READ_ONLY" });
  } catch (error) {
    const first = String(error instanceof Error ? error.message : error).split("\n")[0];
    if (/not a valid DuckDB|corrupt|Serialization/i.test(first))
      throw new UsageError(`${path}: not an svtrace recording`);
    throw new UsageError(`${path}: unable to open: ${first}`);
  }
}

function call(row: Record<string, unknown>): CallRow {
  return {
    ts: row.ts as number,
    duration: row.duration_ns as number,
    tid: row.tid as number,
    pid: row.pid as number,
    name: row.name as string,
    args: row.args as string,
    ret: row.ret as string,
    error: row.errno as string,
    fd: row.fd as number,
    target: row.target as string,
    unfinished: row.unfinished as boolean,
  };
}

/** All rows of a table as objects; BIGINT columns become numbers (nanoseconds fit 53 bits for 104 days of uptime). */
async function rows<T = Record<string, unknown>>(
  db: DuckDBConnection,
  table: TableName,
  tail = "",
): Promise<T[]> {
  const columns = tables[table].map(([name]) => name as string);
  const reader = await db.runAndReadAll(
    `SELECT ${columns.map((c) => `"${c}"`).join(", ")} FROM ${table} ${tail}`,
  );
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
