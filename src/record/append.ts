/** Rows into DuckDB tables, a data chunk at a time. */
import type { DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import { bindings, duckdb } from "./duckdb.ts";
import type { CallColumns, NewTexts } from "./model.ts";
import { type TableName, tables } from "./schema.ts";

const CHUNK_ROWS = 2048;

const types: Readonly<Record<string, DuckDBType>> = {
  BIGINT: duckdb.BIGINT,
  INTEGER: duckdb.INTEGER,
  VARCHAR: duckdb.VARCHAR,
  BOOLEAN: duckdb.BOOLEAN,
};

/** Where a table's rows go: the database attached under `catalog`. */
export interface Place {
  readonly db: DuckDBConnection;
  readonly catalog: string;
}

/** Appends rows whose properties are named like the table's columns; missing ones are NULL. */
export async function appendRows(place: Place, table: TableName, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  await appendChunks(place, table, rows.length, (chunk, from, to) => {
    const part = rows.slice(from, to) as Record<string, unknown>[];
    for (const [c, [name, type]] of tables[table].entries()) {
      chunk.setColumnValues(
        c,
        part.map((row) => cell(row[name], type)),
      );
    }
  });
}

function cell(value: unknown, type: string): bigint | number | string | boolean | null {
  if (value === null || value === undefined) return null;
  return type === "BIGINT" ? BigInt(Math.round(value as number)) : (value as number | string | boolean);
}

export async function appendTexts(place: Place, { base, texts }: NewTexts): Promise<void> {
  if (texts.length === 0) return;
  await appendChunks(place, "text", texts.length, (chunk, from, to) => {
    const ids = Int32Array.from({ length: to - from }, (_, i) => base + from + i);
    copyInts(chunk, 0, ids, 0, to - from);
    chunk.setColumnValues(1, texts.slice(from, to));
  });
}

/** Numbers go over as memory, without a JavaScript value for each. */
export async function appendCalls(
  place: Place,
  chunks: readonly CallColumns[],
  unfinished: boolean,
): Promise<void> {
  const longs = new Int32Array(2 * CHUNK_ROWS);
  const flags = new Int8Array(CHUNK_ROWS).fill(unfinished ? 1 : 0);
  for (const calls of chunks) {
    await appendChunks(place, "call", calls.count, (chunk, from, to) => {
      const rows = to - from;
      for (const [c, key] of COLUMNS.entries()) {
        const column = calls[key];
        if (column instanceof Int32Array) copyInts(chunk, c, column, from, rows);
        else {
          splitLongs(column, from, rows, longs);
          copyInts(chunk, c, longs, 0, 2 * rows);
        }
      }
      bindings.copy_data_to_vector(vectorOf(chunk, COLUMNS.length), 0, flags.buffer, 0, rows);
    });
  }
}

/** In the order of the table's columns; the flag `unfinished` follows. */
const COLUMNS = [
  "ts",
  "duration",
  "tid",
  "pid",
  "name",
  "args",
  "ret",
  "error",
  "fd",
  "target",
  "blocked",
  "queued",
  "gapBlocked",
  "gapQueued",
  "waker",
] as const;

type Chunk = InstanceType<typeof duckdb.DuckDBDataChunk>;

async function appendChunks(
  { db, catalog }: Place,
  table: TableName,
  count: number,
  fill: (chunk: Chunk, from: number, to: number) => void,
): Promise<void> {
  const appender = await db.createAppender(table, "main", catalog);
  const columnTypes = tables[table].map(([, type]) => types[type]);
  for (let from = 0; from < count; from += CHUNK_ROWS) {
    const to = Math.min(count, from + CHUNK_ROWS);
    const chunk = duckdb.DuckDBDataChunk.create(columnTypes, to - from);
    fill(chunk, from, to);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function vectorOf(chunk: Chunk, column: number) {
  return bindings.data_chunk_get_vector(chunk.chunk, column);
}

function copyInts(chunk: Chunk, column: number, source: Int32Array, from: number, count: number): void {
  const at = source.byteOffset + 4 * from;
  bindings.copy_data_to_vector(vectorOf(chunk, column), 0, source.buffer as ArrayBuffer, at, 4 * count);
}

/** Doubles that hold whole numbers as 64-bit integers, low half first. */
function splitLongs(column: Float64Array, from: number, count: number, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const value = Math.round(column[from + i]);
    out[2 * i] = value;
    out[2 * i + 1] = Math.floor(value / 4294967296);
  }
}
