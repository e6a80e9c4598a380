/**
 * Writes batches into recording files. A file is attached only while a batch is written, so that other processes can
 * read it in between, and each batch is one transaction, so that a crash leaves the file as of the last batch.
 */
import { chmodSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { oneLine } from "../base/errors.ts";
import { appendCalls, appendRows, appendTexts, type Place } from "./append.ts";
import { duckdb } from "./duckdb.ts";
import { attach } from "./lock.ts";
import type { Batch } from "./model.ts";
import { BEGUN, LOG } from "./names.ts";
import { createStatements, quoted, type TableName } from "./schema.ts";
import { Symbols } from "./symbols.ts";

const CATALOG = "recording";

/** One database engine for all files: an instance for each would cost three times the work and much more memory. */
let instance: Promise<DuckDBInstance> | undefined;
const symbols = new Symbols();

function engine(): Promise<DuckDBInstance> {
  instance ??= duckdb.DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "256MB",
    // One checkpoint, when a file is detached; crossing a smaller threshold would write the data twice.
    checkpoint_threshold: "1GB",
    // With the default of 256 kB a block, the recording of a short restart would take 2 MB.
    default_block_size: "16384",
  });
  return instance;
}

export interface Written {
  /** Calls that had to go because the file was larger than it may be. */
  readonly trimmed: number;
  /** Nothing was written: the file with what the batch goes on from has been removed. */
  readonly removed?: boolean;
  /** The batch is safe (in the write-ahead log beside the file), but the disk is at its end. */
  readonly problem?: string;
}

/**
 * Appends `batch` to its file, creating it (mode 0600) when needed. One at a time. After an error nothing of the batch
 * is in the file.
 */
export async function writeBatch(batch: Batch): Promise<Written> {
  const { path, limit } = batch;
  if (goesOn(batch) && !existsSync(path)) return { trimmed: 0, removed: true };
  const { problem } = await withEngine((db) =>
    attached(db, path, () => write({ db, catalog: CATALOG }, batch)),
  );
  if (problem !== undefined || statSync(path).size <= limit) return { trimmed: 0, problem };
  try {
    const { result: trimmed, problem } = await withEngine((db) => attached(db, path, () => trim(db, batch)));
    return { trimmed, problem };
  } catch {
    // the batch is safe, and the next one comes to this, too: somebody reads the file, or there is no room for it
    return { trimmed: 0 };
  }
}

/** Whether it refers to texts or stacks of batches before. */
const goesOn = ({ texts, samples: { stacks } }: Batch): boolean =>
  texts.base > 0 || (stacks.length > 0 && stacks[0].id > 0);

async function withEngine<T>(use: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  try {
    const db = await (await engine()).connect();
    try {
      return await use(db);
    } finally {
      db.closeSync();
    }
  } catch (error) {
    // a failed write may leave the engine unusable
    const failed = instance;
    instance = undefined;
    (await failed)?.closeSync();
    throw error;
  }
}

/** Runs a transaction on a file. */
async function attached<T>(
  db: DuckDBConnection,
  path: string,
  use: () => Promise<T>,
): Promise<{ result: T; problem?: string }> {
  const isNew = !existsSync(path);
  // a recording has its name once there is something in it: what is killed before leaves none that is broken
  const file = isNew ? path + BEGUN : path;
  if (isNew) remove(file);
  try {
    await attach(() => db.run(`ATTACH ${quoted(file)} AS ${CATALOG}`));
  } catch (error) {
    if (isNew) remove(file);
    throw error;
  }
  let result: T;
  try {
    chmodSync(file, 0o600);
    await db.run(`USE ${CATALOG}`);
    await db.run("BEGIN");
    result = await use();
    await db.run("COMMIT");
  } catch (error) {
    await db.run("ROLLBACK").catch(() => undefined);
    await detach(db).catch(() => undefined);
    if (isNew) remove(file);
    throw error;
  }
  let problem: string | undefined;
  try {
    await detach(db);
  } catch (error) {
    problem = oneLine(error);
  }
  if (isNew) {
    if (existsSync(file + LOG)) renameSync(file + LOG, path + LOG);
    renameSync(file, path);
  }
  return { result, problem };
}

function remove(file: string): void {
  rmSync(file, { force: true });
  rmSync(file + LOG, { force: true });
}

/** Detaching writes what is in the write-ahead log into the file. */
async function detach(db: DuckDBConnection): Promise<void> {
  await db.run("USE memory");
  await db.run(`DETACH ${CATALOG}`);
}

async function write(place: Place, batch: Batch): Promise<void> {
  const { db } = place;
  const known = await db.runAndReadAll(
    `SELECT count(*) FROM duckdb_tables() WHERE database_name = '${CATALOG}' AND table_name = 'lifetime'`,
  );
  if (known.getRows()[0][0] === 0n) for (const sql of createStatements()) await db.run(sql);
  else {
    for (const table of ["lifetime", "phase", "loss"]) await db.run(`DELETE FROM ${table}`);
    await db.run("DELETE FROM process WHERE died IS NULL");
    await db.run("DELETE FROM call WHERE unfinished");
  }
  await appendRows(place, "lifetime", [batch.lifetime]);
  await appendRows(place, "process", batch.processes);
  await appendRows(place, "phase", batch.phases);
  await appendRows(place, "loss", batch.losses);
  await appendRows(place, "signal", batch.signals);
  await appendRows(place, "event", batch.events);
  await appendRows(place, "rate", batch.rates);
  await appendRows(place, "histogram", batch.histograms);
  await appendTexts(place, batch.texts);
  await appendCalls(place, batch.calls, false);
  await appendCalls(place, batch.open, true);
  await appendSamples(place, batch);
}

/**
 * Removes the older half of what was kept while the service ran, but for sums of what was counted. The blocks are used again; a file that is larger than
 * it may be does not shrink, but it does not grow either.
 */
async function trim(db: DuckDBConnection, batch: Batch): Promise<number> {
  const { asked, died } = batch.lifetime;
  if (batch.ranFrom === null) return 0;
  const size = await db.runAndReadAll(
    `SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = '${CATALOG}'`,
  );
  if (Number(size.getRows()[0][0]) <= batch.limit) return 0;
  const from = Math.round(batch.ranFrom);
  const to = Math.round(asked ?? died ?? batch.lifetime.written);
  const within = `ts > ${from} AND ts < ${to}`;
  const middle = await db.runAndReadAll(
    `SELECT coalesce((SELECT median(ts)::BIGINT FROM (SELECT ts FROM call WHERE ${within} UNION ALL
       SELECT ts FROM histogram WHERE ${within} UNION ALL SELECT ts FROM sample WHERE ${within})), ${to})`,
  );
  const old = `ts > ${from} AND ts <= ${middle.getRows()[0][0]}`;
  const gone = await db.runAndReadAll(`SELECT count(*) FROM call WHERE ${old}`);
  for (const table of ["call", "sample", "signal"]) await db.run(`DELETE FROM ${table} WHERE ${old}`);
  await sumUp(db, "rate", "name, sum(calls), sum(errors), sum(total_ns), max(max_ns)", old);
  await sumUp(db, "histogram", "name, from_ns, to_ns, sum(calls)", old);
  // who was there at the start made others
  await db.run(
    `DELETE FROM process WHERE born > ${from} AND died <= ${middle.getRows()[0][0]} AND tid <> ${batch.lifetime.pid}`,
  );
  await db.run(
    `DELETE FROM text WHERE id < ${batch.texts.settled} AND id NOT IN (SELECT unnest([name, args, ret, errno, target]) FROM call)`,
  );
  return Number(gone.getRows()[0][0]);
}

/** Puts one row of each name (and bucket) in place of the `old`, without a time: counters must not go back. */
async function sumUp(db: DuckDBConnection, table: TableName, sums: string, old: string): Promise<void> {
  const gone = `${old} OR ts IS NULL`;
  await db.run(
    `CREATE TEMP TABLE ${table}_sums AS SELECT NULL::BIGINT, ${sums} FROM ${table} WHERE ${gone} GROUP BY ALL`,
  );
  await db.run(`DELETE FROM ${table} WHERE ${gone}`);
  await db.run(`INSERT INTO ${table} FROM ${table}_sums`);
}

async function appendSamples(place: Place, { samples }: Batch): Promise<void> {
  await appendRows(place, "sample", samples.rows);
  const depths = samples.stacks.flatMap(({ id, frames }) =>
    frames.map((frame, depth) => ({ id, depth, frame })),
  );
  await appendRows(place, "stack", depths);
  await appendRows(
    place,
    "frame",
    samples.frames.map((f) => ({ id: f.id, ...symbols.resolve(f) })),
  );
}
