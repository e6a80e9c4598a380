/**
 * Writes batches into recording files. A file is attached only while a batch is written, so that other processes can
 * read it in between, and each batch is one transaction, so that a crash leaves the file as of the last batch.
 */
import { chmodSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { appendCalls, appendRows, appendTexts, type Place } from "./append.ts";
import type { Batch } from "./model.ts";
import { createStatements } from "./schema.ts";
import { Symbols } from "./symbols/symbols.ts";

/** Another process (a reader, a copy) may hold the file; it gets this long, in ms. */
const LOCK_PATIENCE = 2000;
const CATALOG = "recording";

/** One database engine for all files: an instance for each would cost three times the work and much more memory. */
let instance: Promise<DuckDBInstance> | undefined;
const symbols = new Symbols();

function engine(): Promise<DuckDBInstance> {
  instance ??= DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "256MB",
    // One checkpoint, when a file is detached; crossing a smaller threshold would write the data twice.
    checkpoint_threshold: "1GB",
    // With the default of 256 kB a block, the recording of a short restart would take 2 MB.
    default_block_size: "16384",
  });
  return instance;
}

/** Appends `batch` to its file, creating it (mode 0600) when needed. One at a time. */
export async function writeBatch(batch: Batch): Promise<void> {
  const db = await (await engine()).connect();
  try {
    await attach(() => db.run(`ATTACH ${quoted(batch.path)} AS ${CATALOG}`));
    try {
      chmodSync(batch.path, 0o600);
      await write({ db, catalog: CATALOG }, batch);
    } finally {
      await db.run(`DETACH ${CATALOG}`);
    }
  } finally {
    db.closeSync();
  }
}

async function write(place: Place, batch: Batch): Promise<void> {
  const { db } = place;
  await db.run(`USE ${CATALOG}`);
  await db.run("BEGIN");
  try {
    const known = await db.runAndReadAll(
      `SELECT count(*) FROM duckdb_tables() WHERE database_name = '${CATALOG}' AND table_name = 'lifetime'`,
    );
    if (known.getRows()[0][0] === 0n) for (const sql of createStatements()) await db.run(sql);
    else {
      for (const table of ["lifetime", "process", "phase", "loss"]) await db.run(`DELETE FROM ${table}`);
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
    await db.run("COMMIT");
  } catch (error) {
    await db.run("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    await db.run("USE memory");
  }
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

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Runs `open`, again and again while another process has the database open. */
export async function attach<T>(open: () => Promise<T>): Promise<T> {
  const patience = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const locked = /Could not set lock|Conflicting lock/.test(String(error));
      if (!locked || Date.now() > patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
