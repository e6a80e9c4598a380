/** Tables of counted calls, in strace's layout. */
import { BUCKETS, quantile } from "../base/histogram.ts";
import type { Tally } from "../base/tally.ts";

const columns = {
  "time-percent": { head: "% time", width: 6 },
  "total-time": { head: "seconds", width: 11 },
  "avg-time": { head: "usecs/call", width: 11 },
  "min-time": { head: "shortest", width: 8 },
  "max-time": { head: "longest", width: 8 },
  calls: { head: "calls", width: 9 },
  errors: { head: "errors", width: 9 },
  p50: { head: "p50 us", width: 9 },
  p90: { head: "p90 us", width: 9 },
  p99: { head: "p99 us", width: 9 },
  max: { head: "max us", width: 11 },
  cpu: { head: "cpu", width: 11 },
  name: { head: "syscall", width: 16 },
} as const;

export type Column = keyof typeof columns;
/** Words for columns, with underscores for hyphens too. */
const aliases: Readonly<Record<string, Column>> = {
  "time-percent": "time-percent",
  time: "time-percent",
  "total-time": "total-time",
  "time-total": "total-time",
  "avg-time": "avg-time",
  "time-avg": "avg-time",
  "min-time": "min-time",
  "time-min": "min-time",
  shortest: "min-time",
  "max-time": "max-time",
  "time-max": "max-time",
  longest: "max-time",
  calls: "calls",
  count: "calls",
  errors: "errors",
  error: "errors",
  p50: "p50",
  p90: "p90",
  p99: "p99",
  max: "max",
  cpu: "cpu",
  name: "name",
  syscall: "name",
  "syscall-name": "name",
};
export const columnAliases: Readonly<Record<string, Column>> = Object.fromEntries(
  Object.entries(aliases).flatMap(([word, column]) => [
    [word, column],
    [word.replace("-", "_"), column],
  ]),
);

export const defaultColumns: readonly Column[] = [
  "time-percent",
  "total-time",
  "avg-time",
  "calls",
  "errors",
  "name",
];

/** What strace's table lacks: how long most calls took, and the longest. */
export const extendedColumns: readonly Column[] = [
  "time-percent",
  "total-time",
  "cpu",
  "avg-time",
  "p50",
  "p90",
  "p99",
  "max",
  "calls",
  "errors",
  "name",
];

/** One line of the table; `total` is what the table is about, wall clock or CPU time. Buckets are of wall clock times. */
export interface CountLine extends Tally {
  name: string;
  /** Tells it from other lines at any time, where its name can change. */
  readonly key?: string;
}

const FURTHER = "(calls of further keys)";

/** How many calls could not be told apart. */
export const furtherCalls = (lines: readonly CountLine[]): number =>
  lines.find((l) => l.key === FURTHER)?.calls ?? 0;

/** The line of calls that were counted, but for whose keys, which are called so, there was no more room. */
export function furtherLine(calls: number, head: string): CountLine {
  const name = `(${calls} calls of further ${head}${head.endsWith("s") ? "es" : "s"})`;
  const buckets = new Float64Array(BUCKETS);
  return { key: FURTHER, name, calls, errors: 0, total: 0, min: 0, max: 0, buckets };
}

export interface TableSettings {
  /** -S; undefined leaves the order of first occurrence ("none"). */
  readonly sort: Column | undefined;
  readonly columns: readonly Column[];
  /** What `name` is, if not a system call. */
  readonly head?: string;
}

/** The table as strace prints it. Sorts `rows`, of which those that are equal keep their order. */
export function countTable(rows: CountLine[], settings: TableSettings): string {
  const total = rows.reduce((t, r) => t + r.total, 0);
  const by = settings.sort;
  if (by) rows.sort((a, b) => compare(a, b, by));
  const shown = settings.columns.filter((c) => c !== "cpu" || rows.some((r) => r.cpu !== undefined));
  const sum = sumOf(rows, total);
  const cells = [
    shown.map((c) => (c === "name" && settings.head) || columns[c].head),
    ...rows.map((r) => shown.map((c) => value(r, c, total))),
    shown.map((c) =>
      rows.length === 0 && c !== "name" && c !== "time-percent" && c !== "total-time"
        ? "0"
        : value(sum, c, total),
    ),
  ];
  const widths = shown.map((c, i) => widthOf(c, cells, i));
  const lines = cells.map((row) =>
    row.map((text, i) => cell(text, shown[i], widths[i], i === shown.length - 1)),
  );
  lines.splice(
    1,
    0,
    widths.map((w) => "-".repeat(w)),
  );
  lines.splice(-1, 0, lines[1]);
  return `${lines.map((l) => l.join(" ")).join("\n")}\n`;
}

/** Numbers make room for themselves; names that are longer than their column push the rest of the line aside. */
function widthOf(column: Column, cells: readonly (readonly string[])[], i: number): number {
  const { width } = columns[column];
  return column === "name"
    ? width
    : cells.reduce<number>((most, row) => Math.max(most, row[i].length), width);
}

function sumOf(rows: readonly CountLine[], total: number): CountLine {
  const buckets = new Float64Array(BUCKETS);
  for (const r of rows) for (let i = 0; i < BUCKETS; i++) buckets[i] += r.buckets[i];
  return {
    name: "total",
    calls: rows.reduce((n, r) => n + r.calls, 0),
    errors: rows.reduce((n, r) => n + r.errors, 0),
    total,
    cpu: rows.reduce((t, r) => t + (r.cpu ?? 0), 0),
    min: rows.reduce((least, r) => Math.min(least, r.min), Number.POSITIVE_INFINITY),
    max: rows.reduce((most, r) => Math.max(most, r.max), 0),
    buckets,
  };
}

/** A quantile is exact to the width of a bucket, which the longest call need not fill. */
const longest = (r: CountLine): number => (r.max > 0 ? r.max : Number.POSITIVE_INFINITY);

/** ns as microseconds with three digits that count. */
function micros(ns: number): string {
  const us = ns / 1000;
  return us.toFixed(us < 10 ? 3 : us < 1000 ? 1 : 0);
}

function cell(text: string, column: Column, width: number, last: boolean): string {
  return column === "name" ? (last ? text : text.padEnd(width)) : text.padStart(width);
}

function value(r: CountLine, column: Column, total: number): string {
  switch (column) {
    case "time-percent":
      return (total > 0 ? (100 * r.total) / total : r.name === "total" ? 100 : 0).toFixed(2);
    case "total-time":
      return (r.total / 1e9).toFixed(6);
    case "avg-time":
      return String(r.calls > 0 ? Math.floor(r.total / r.calls / 1000) : 0);
    case "min-time":
      return (Number.isFinite(r.min) ? r.min / 1e9 : 0).toFixed(6);
    case "max-time":
      return (r.max / 1e9).toFixed(6);
    case "calls":
      return String(r.calls);
    case "errors":
      return r.errors > 0 ? String(r.errors) : "";
    case "p50":
      return micros(Math.min(quantile(r.buckets, 0.5), longest(r)));
    case "p90":
      return micros(Math.min(quantile(r.buckets, 0.9), longest(r)));
    case "p99":
      return micros(Math.min(quantile(r.buckets, 0.99), longest(r)));
    case "max":
      return micros(r.max);
    case "cpu":
      return ((r.cpu ?? 0) / 1e9).toFixed(6);
    default:
      return r.name;
  }
}

function compare(a: CountLine, b: CountLine, by: Column): number {
  switch (by) {
    case "name":
      return a.name < b.name ? -1 : 1;
    case "calls":
      return b.calls - a.calls;
    case "errors":
      return b.errors - a.errors;
    case "avg-time":
      return b.total / b.calls - a.total / a.calls;
    case "min-time":
      return b.min - a.min;
    case "p50":
      return quantile(b.buckets, 0.5) - quantile(a.buckets, 0.5);
    case "p90":
      return quantile(b.buckets, 0.9) - quantile(a.buckets, 0.9);
    case "p99":
      return quantile(b.buckets, 0.99) - quantile(a.buckets, 0.99);
    case "cpu":
      return (b.cpu ?? 0) - (a.cpu ?? 0);
    case "max":
    case "max-time":
      return b.max - a.max;
    default:
      return b.total - a.total;
  }
}
