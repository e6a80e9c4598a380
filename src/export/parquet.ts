/** A table of a recording as a Parquet file, written by DuckDB. */
import { chmodSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { UsageError } from "../base/errors.ts";
import { withRecording } from "../record/reader.ts";
import { quoted } from "../record/schema.ts";

/**
 * Writes `table` (a table or view of the recording) to `file`, which is alone in its directory: what else is there, a view
 * could read. Throws UsageError when there is no such table.
 */
export async function writeParquet(recording: string, table: string, file: string): Promise<void> {
  const write = async (db: DuckDBConnection) => {
    const known = await db.runAndReadAll(
      "SELECT table_name FROM information_schema.tables ORDER BY table_name",
    );
    const names = known.getRows().map((r) => String(r[0]));
    if (!names.includes(table)) throw new UsageError(`no table ${table}; there are: ${names.join(", ")}`);
    await db.run(
      `COPY (SELECT * FROM "${table}") TO ${quoted(resolve(file))} (FORMAT parquet, COMPRESSION zstd)`,
    );
    chmodSync(file, 0o600);
  };
  await withRecording(recording, write, dirname(resolve(file)));
}
