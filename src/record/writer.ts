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

/** Events of a running service that come again and again. */
const COMMON = "kind IN ('exec', 'stopped', 'holder')";

/**
 * Removes the older half of what was kept while the service ran, but for sums of what was counted. Its blocks are used again; what
 * stays is copied first, so that the file may have half as much again as it may. Returns how many calls, samples and events are gone.
 */
async function trim(
  db: DuckDBConnection,
  { lifetime, limit, ranFrom, texts, samples }: Batch,
): Promise<number> {
  const { asked, died, written, pid } = lifetime;
  if (ranFrom === null) return 0;
  const size = `SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = '${CATALOG}'`;
  if ((await numberOf(db, size)) <= limit) return 0;
  const from = Math.round(ranFrom);
  const to = Math.round(asked ?? died ?? written);
  const within = `ts > ${from} AND ts < ${to}`;
  const middle = await numberOf(
    db,
    `SELECT coalesce(median(ts)::BIGINT, ${to}) FROM (SELECT ts FROM call WHERE ${within}
       UNION ALL SELECT ts FROM histogram WHERE ${within} UNION ALL SELECT ts FROM sample WHERE ${within}
       UNION ALL SELECT ts FROM event WHERE ${within} AND ${COMMON})`,
  );
  const old = `ts > ${from} AND ts <= ${middle}`;
  let gone = 0;
  gone += await leave(db, "call", `NOT (${old})`);
  gone += await leave(db, "sample", `NOT (${old})`);
  gone += await leave(db, "event", `NOT (${old} AND ${COMMON})`);
  await leave(db, "signal", `NOT (${old})`);
  await sumUp(db, "rate", "name, sum(calls), sum(errors), sum(total_ns), max(max_ns)", old);
  await sumUp(db, "histogram", "name, from_ns, to_ns, sum(calls)", old);
  // who was there at the start made others
  await leave(db, "process", `born <= ${from} OR died IS NULL OR died > ${middle} OR tid = ${pid}`);
  await leave(
    db,
    "text",
    `id >= ${texts.settled} OR id IN (SELECT unnest([name, args, ret, errno, target]) FROM call)`,
  );
  await leave(db, "stack", `id >= ${samples.settledStack} OR id IN (SELECT stack FROM sample)`);
  await leave(db, "frame", `id >= ${samples.settledFrame} OR id IN (SELECT frame FROM stack)`);
  return gone;
}

/**
 * Leaves these rows of a table, as a table of its own: blocks of rows that are deleted are free only where 122,880 in a row are.
 * Returns how many are gone.
 */
async function leave(db: DuckDBConnection, table: TableName, these: string): Promise<number> {
  const gone = await numberOf(db, `SELECT count(*) - count(*) FILTER (${these}) FROM ${table}`);
  if (gone === 0) return 0;
  await db.run(`CREATE TABLE kept AS FROM ${table} WHERE ${these}`);
  await db.run(`DROP TABLE ${table}`);
  await db.run(`ALTER TABLE kept RENAME TO ${table}`);
  return gone;
}

const numberOf = async (db: DuckDBConnection, sql: string): Promise<number> =>
  Number((await db.runAndReadAll(sql)).getRows()[0][0]);

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
