/** The tables of a recording, described in docs/RECORDING.md. One list serves the DDL, the writer and the reader. */
import { OWNERS } from "./owners.ts";

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
    ["boot", "VARCHAR"],
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
  text: [
    ["id", "INTEGER"],
    ["text", "VARCHAR"],
  ],
  call: [
    ["ts", "BIGINT"],
    ["duration_ns", "BIGINT"],
    ["tid", "INTEGER"],
    ["pid", "INTEGER"],
    ["name", "INTEGER"],
    ["args", "INTEGER"],
    ["ret", "INTEGER"],
    ["errno", "INTEGER"],
    ["fd", "INTEGER"],
    ["target", "INTEGER"],
    ["blocked_ns", "BIGINT"],
    ["queued_ns", "BIGINT"],
    ["gap_blocked_ns", "BIGINT"],
    ["gap_queued_ns", "BIGINT"],
    ["waker", "INTEGER"],
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
  histogram: [
    ["ts", "BIGINT"],
    ["name", "VARCHAR"],
    ["from_ns", "BIGINT"],
    ["to_ns", "BIGINT"],
    ["calls", "BIGINT"],
  ],
  sample: [
    ["ts", "BIGINT"],
    ["tid", "INTEGER"],
    ["stack", "INTEGER"],
  ],
  stack: [
    ["id", "INTEGER"],
    ["depth", "INTEGER"],
    ["frame", "INTEGER"],
  ],
  frame: [
    ["id", "INTEGER"],
    ["function", "VARCHAR"],
    ["module", "VARCHAR"],
    ["address", "BIGINT"],
  ],
} as const satisfies Record<string, readonly Column[]>;

export type TableName = keyof typeof tables;

/**
 * Calls with their texts. `call` holds numbers only: a recording repeats few texts very often, and writing each once
 * makes it several times faster to write and read.
 */
const SYSCALL = `CREATE VIEW syscall AS SELECT c.ts, c.duration_ns, c.tid, c.pid, n.text AS name, a.text AS args,
    r.text AS ret, e.text AS errno, c.fd, t.text AS target, nullif(c.blocked_ns, -1) AS blocked_ns,
    nullif(c.queued_ns, -1) AS queued_ns, nullif(c.gap_blocked_ns, -1) AS gap_blocked_ns,
    nullif(c.gap_queued_ns, -1) AS gap_queued_ns, nullif(c.waker, -1) AS waker, c.unfinished
  FROM call c LEFT JOIN text n ON n.id = c.name LEFT JOIN text a ON a.id = c.args LEFT JOIN text r ON r.id = c.ret
    LEFT JOIN text e ON e.id = c.errno LEFT JOIN text t ON t.id = c.target`;

/** Times a person can read, and durations in seconds; the tables keep exact nanoseconds. */
const CALLS = `CREATE VIEW calls AS SELECT make_timestamp_ns(s.ts + l.anchor) AS time, s.duration_ns / 1e9 AS seconds,
    coalesce(p.comm, '') AS comm, s.pid, s.tid, s.name, s.args, s.ret, s.errno, s.target, s.unfinished
  FROM syscall s CROSS JOIN lifetime l LEFT JOIN (${OWNERS}) p ON p.tid = s.tid AND s.ts >= p.since AND s.ts < p.until`;

/** CPU samples, each with its stack as one text, outermost function first. */
const PROFILE = `CREATE VIEW profile AS SELECT make_timestamp_ns(x.ts + l.anchor) AS time, x.ts, x.tid, p.pid, p.comm, f.stack
  FROM sample x CROSS JOIN lifetime l LEFT JOIN (${OWNERS}) p ON p.tid = x.tid AND x.ts >= p.since AND x.ts < p.until LEFT JOIN (
    SELECT k.id, string_agg(coalesce(nullif(f.function, ''), f.module || '+0x' || printf('%x', f.address)), ';'
      ORDER BY k.depth DESC) AS stack
    FROM stack k JOIN frame f ON f.id = k.frame GROUP BY k.id) f ON f.id = x.stack`;

/** Statements that make an empty recording. */
export function createStatements(): string[] {
  const statements = Object.entries(tables).map(
    ([name, columns]) => `CREATE TABLE ${name} (${columns.map(([c, t]) => `"${c}" ${t}`).join(", ")})`,
  );
  return [...statements, SYSCALL, CALLS, PROFILE];
}

/** Text as SQL writes it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
