/** The tables of a recording, described in docs/RECORDING.md. One list serves the DDL, the writer and the reader. */

type Column = readonly [name: string, type: "BIGINT" | "INTEGER" | "VARCHAR" | "BOOLEAN"];

/** Columns in order; the property of a row has the same name. */
export const tables = {
  lifetime: [
    ["format", "INTEGER"],
    ["service", "VARCHAR"],
    ["dir", "VARCHAR"],
    ["pid", "INTEGER"],
    ["started", "BIGINT"],
    ["ready", "BIGINT"],
    ["ready_by", "VARCHAR"],
    ["asked", "BIGINT"],
    ["asked_by", "VARCHAR"],
    ["died", "BIGINT"],
    ["ended", "BIGINT"],
    ["written", "BIGINT"],
    ["status", "INTEGER"],
    ["signal", "VARCHAR"],
    ["anchor", "BIGINT"],
    ["attached", "BOOLEAN"],
    ["supervisor", "INTEGER"],
    ["host", "VARCHAR"],
    ["kernel", "VARCHAR"],
    ["version", "VARCHAR"],
    ["engine", "VARCHAR"],
    ["threshold", "BIGINT"],
    ["previous", "VARCHAR"],
    ["next", "VARCHAR"],
  ],
  process: [
    ["tid", "INTEGER"],
    ["pid", "INTEGER"],
    ["parent", "INTEGER"],
    ["comm", "VARCHAR"],
    ["argv", "VARCHAR"],
    ["born", "BIGINT"],
    ["died", "BIGINT"],
    ["status", "INTEGER"],
    ["signal", "VARCHAR"],
    ["user_ns", "BIGINT"],
    ["system_ns", "BIGINT"],
    ["queued_ns", "BIGINT"],
  ],
  syscall: [
    ["ts", "BIGINT"],
    ["duration_ns", "BIGINT"],
    ["tid", "INTEGER"],
    ["pid", "INTEGER"],
    ["name", "VARCHAR"],
    ["args", "VARCHAR"],
    ["ret", "VARCHAR"],
    ["errno", "VARCHAR"],
    ["fd", "INTEGER"],
    ["target", "VARCHAR"],
    ["unfinished", "BOOLEAN"],
  ],
  signal: [
    ["ts", "BIGINT"],
    ["tid", "INTEGER"],
    ["pid", "INTEGER"],
    ["name", "VARCHAR"],
    ["info", "VARCHAR"],
    ["sender", "INTEGER"],
  ],
  event: [
    ["ts", "BIGINT"],
    ["kind", "VARCHAR"],
    ["pid", "INTEGER"],
    ["text", "VARCHAR"],
    ["until", "BIGINT"],
  ],
  phase: [
    ["name", "VARCHAR"],
    ["started", "BIGINT"],
    ["ended", "BIGINT"],
  ],
  loss: [
    ["ts", "BIGINT"],
    ["count", "BIGINT"],
    ["reason", "VARCHAR"],
  ],
  rate: [
    ["ts", "BIGINT"],
    ["name", "VARCHAR"],
    ["calls", "BIGINT"],
    ["errors", "BIGINT"],
    ["total_ns", "BIGINT"],
    ["max_ns", "BIGINT"],
  ],
} as const satisfies Record<string, readonly Column[]>;

export type TableName = keyof typeof tables;

/** Statements that make an empty recording. */
export function createStatements(): string[] {
  const statements = Object.entries(tables).map(
    ([name, columns]) =>
      `CREATE TABLE IF NOT EXISTS ${name} (${columns.map(([c, t]) => `"${c}" ${t}`).join(", ")})`,
  );
  // Times a person can read, and durations in seconds; the tables keep exact nanoseconds.
  statements.push(
    `CREATE VIEW IF NOT EXISTS calls AS SELECT
       make_timestamp_ns(s.ts + l.anchor) AS time, s.duration_ns / 1e9 AS seconds,
       coalesce(p.comm, '') AS comm, s.pid, s.tid, s.name, s.args, s.ret, s.errno, s.target, s.unfinished
     FROM syscall s CROSS JOIN lifetime l LEFT JOIN process p ON p.tid = s.tid`,
  );
  return statements;
}
