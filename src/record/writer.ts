/**
 * Writes batches into recording files. The file is open only while a batch is written, so that other processes can
 * read it in between, and each batch is one transaction, so that a crash leaves the file as of the last batch.
 */
import { chmodSync } from "node:fs";
import type { DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import type { Batch, CallColumns, CallRow } from "./model.ts";
import { createStatements, type TableName, tables } from "./schema.ts";

type DuckDB = typeof import("@duckdb/node-api");
const CHUNK_ROWS = 2048;
/** Another process (a reader, a copy) may hold the file; it gets this long, in ms. */
const LOCK_PATIENCE = 2000;

/** Appends `batch` to its file, creating it (mode 0600) when needed. */
export async function writeBatch(batch: Batch): Promise<void> {
  const duckdb: DuckDB = await import("@duckdb/node-api");
  const instance = await openPatiently(duckdb, batch.path, {
    threads: "1",
    memory_limit: "256MB",
    // One checkpoint, at close; crossing a smaller threshold would write the data twice.
    checkpoint_threshold: "1GB",
    // With the default of 256 kB a block, the recording of a short restart would take 2 MB.
    default_block_size: "16384",
  });
  try {
    chmodSync(batch.path, 0o600);
    const db = await instance.connect();
    try {
      await write(duckdb, db, batch);
    } finally {
      db.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function write(duckdb: DuckDB, db: DuckDBConnection, batch: Batch): Promise<void> {
  await db.run("BEGIN");
  const known = await db.runAndReadAll("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'lifetime'");
  if (known.getRows()[0][0] === 0n) for (const sql of createStatements()) await db.run(sql);
  else {
    for (const table of ["lifetime", "process", "phase", "loss"]) await db.run(`DELETE FROM ${table}`);
    await db.run("DELETE FROM syscall WHERE unfinished");
  }
  await append(duckdb, db, "lifetime", [batch.lifetime]);
  await append(duckdb, db, "process", batch.processes);
  await append(duckdb, db, "phase", batch.phases);
  await append(duckdb, db, "loss", batch.losses);
  await append(duckdb, db, "signal", batch.signals);
  await append(duckdb, db, "event", batch.events);
  await append(duckdb, db, "rate", batch.rates);
  await appendCalls(duckdb, db, batch.calls);
  await append(duckdb, db, "syscall", batch.open.map(stored));
  await db.run("COMMIT");
}

/** A call under the names of the table's columns. */
function stored(call: CallRow): Record<string, unknown> {
  const { duration, error, ...same } = call;
  return { ...same, duration_ns: duration, errno: error };
}

function columnTypes(duckdb: DuckDB, table: TableName): DuckDBType[] {
  const types = {
    BIGINT: duckdb.BIGINT,
    INTEGER: duckdb.INTEGER,
    VARCHAR: duckdb.VARCHAR,
    BOOLEAN: duckdb.BOOLEAN,
  };
  return tables[table].map(([, type]) => types[type]);
}

async function append(
  duckdb: DuckDB,
  db: DuckDBConnection,
  table: TableName,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await db.createAppender(table);
  const types = columnTypes(duckdb, table);
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const part = rows.slice(from, from + CHUNK_ROWS) as Record<string, unknown>[];
    const chunk = duckdb.DuckDBDataChunk.create(types, part.length);
    for (const [c, [name, type]] of tables[table].entries()) {
      chunk.setColumnValues(
        c,
        part.map((row) => cell(row[name], type)),
      );
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function cell(value: unknown, type: string): bigint | number | string | boolean | null {
  if (value === null || value === undefined) return null;
  return type === "BIGINT" ? BigInt(Math.round(value as number)) : (value as number | string | boolean);
}

async function appendCalls(duckdb: DuckDB, db: DuckDBConnection, calls: CallColumns): Promise<void> {
  if (calls.count === 0) return;
  const appender = await db.createAppender("syscall");
  const types = columnTypes(duckdb, "syscall");
  const { strings } = calls;
  for (let from = 0; from < calls.count; from += CHUNK_ROWS) {
    const to = Math.min(calls.count, from + CHUNK_ROWS);
    const chunk = duckdb.DuckDBDataChunk.create(types, to - from);
    const big = (c: Float64Array) => Array.from(c.subarray(from, to), (v) => BigInt(Math.round(v)));
    const int = (c: Int32Array) => Array.from(c.subarray(from, to));
    const text = (c: Uint32Array) => Array.from(c.subarray(from, to), (i) => strings[i]);
    const columns = [
      big(calls.ts),
      big(calls.duration),
      int(calls.tid),
      int(calls.pid),
      text(calls.name),
      text(calls.args),
      text(calls.ret),
      text(calls.error),
      int(calls.fd),
      text(calls.target),
      new Array<boolean>(to - from).fill(false),
    ];
    for (const [c, values] of columns.entries()) chunk.setColumnValues(c, values);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** Opens a database, waiting while another process has it open. */
export async function openPatiently(duckdb: DuckDB, path: string, options: Record<string, string>) {
  const patience = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      return await duckdb.DuckDBInstance.create(path, options);
    } catch (error) {
      const locked = /Could not set lock|Conflicting lock/.test(String(error));
      if (!locked || Date.now() > patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
