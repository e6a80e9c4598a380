/** -c: what was called how often, how long it took and how often it failed. */
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";

interface Row {
  name: string;
  calls: number;
  errors: number;
  /** Nanoseconds. */
  total: number;
  min: number;
  max: number;
}

const columns = {
  "time-percent": { head: "% time", width: 6 },
  "total-time": { head: "seconds", width: 11 },
  "avg-time": { head: "usecs/call", width: 11 },
  "min-time": { head: "shortest", width: 11 },
  "max-time": { head: "longest", width: 11 },
  calls: { head: "calls", width: 9 },
  errors: { head: "errors", width: 9 },
  name: { head: "syscall", width: 16 },
} as const;

export type Column = keyof typeof columns;
export const columnAliases: Readonly<Record<string, Column>> = {
  "time-percent": "time-percent",
  time_percent: "time-percent",
  time: "time-percent",
  "total-time": "total-time",
  total_time: "total-time",
  "avg-time": "avg-time",
  avg_time: "avg-time",
  "min-time": "min-time",
  min_time: "min-time",
  shortest: "min-time",
  "max-time": "max-time",
  max_time: "max-time",
  longest: "max-time",
  calls: "calls",
  count: "calls",
  errors: "errors",
  error: "errors",
  name: "name",
  syscall: "name",
  "syscall-name": "name",
  syscall_name: "name",
};

export const defaultColumns: readonly Column[] = [
  "time-percent",
  "total-time",
  "avg-time",
  "calls",
  "errors",
  "name",
];

export interface CountSettings {
  /** -w: wall clock instead of system CPU time. */
  readonly wall: boolean;
  /** -S; undefined leaves the order of first occurrence ("none"). */
  readonly sort: Column | undefined;
  readonly columns: readonly Column[];
  /** -O: nanoseconds subtracted from each call. */
  readonly overhead: number;
}

export class Counter implements EventSink {
  private readonly rows = new Map<string, Row>();
  /** System time of each task when its call was entered. */
  private readonly systemAtEntry = new Map<Task, number>();

  constructor(private readonly settings: CountSettings) {}

  newTask(): void {}

  enter(task: Task): void {
    if (!this.settings.wall) this.systemAtEntry.set(task, task.systemTime);
  }

  exit(task: Task): void {
    this.count(task, task.call.exit);
  }

  private count(task: Task, now: number): void {
    const { name, error, entry } = task.call;
    let row = this.rows.get(name);
    if (!row) {
      row = { name, calls: 0, errors: 0, total: 0, min: Infinity, max: 0 };
      this.rows.set(name, row);
    }
    const spent = this.settings.wall
      ? now - entry
      : task.systemTime - (this.systemAtEntry.get(task) ?? task.systemTime);
    const time = Math.max(0, spent - this.settings.overhead);
    row.calls++;
    if (error !== 0) row.errors++;
    row.total += time;
    if (time < row.min) row.min = time;
    if (time > row.max) row.max = time;
  }

  signal(_task: Task, _event: SignalEvent): void {}
  stopped(): void {}
  exec(): void {}
  superseded(): void {}

  /** A call that never returns is not counted, as with strace: exit_group has no row. */
  exited(task: Task, _event: ExitEvent): void {
    this.systemAtEntry.delete(task);
  }

  detached(task: Task): void {
    this.systemAtEntry.delete(task);
  }

  lost(): void {}

  /** The table as strace prints it. */
  table(): string {
    const rows = [...this.rows.values()];
    const total = rows.reduce((t, r) => t + r.total, 0);
    const by = this.settings.sort;
    if (by) rows.sort((a, b) => compare(a, b, by));
    const shown = this.settings.columns;
    const rule = shown.map((c) => "-".repeat(columns[c].width)).join(" ");
    const line = (cells: readonly string[]) => cells.join(" ").trimEnd();
    const head = shown.map((c, i) => cell(columns[c].head, c, i === shown.length - 1));
    const body = rows.map((r) =>
      line(shown.map((c, i) => cell(value(r, c, total), c, i === shown.length - 1))),
    );
    const sum: Row = {
      name: "total",
      calls: rows.reduce((n, r) => n + r.calls, 0),
      errors: rows.reduce((n, r) => n + r.errors, 0),
      total,
      min: Math.min(...rows.map((r) => r.min)),
      max: Math.max(0, ...rows.map((r) => r.max)),
    };
    const foot = line(
      shown.map((c, i) =>
        cell(
          rows.length === 0 && c !== "name" && c !== "time-percent" && c !== "total-time"
            ? "0"
            : value(sum, c, total),
          c,
          i === shown.length - 1,
        ),
      ),
    );
    return `${[line(head), rule, ...body, rule, foot].join("\n")}\n`;
  }
}

function cell(text: string, column: Column, last: boolean): string {
  const { width } = columns[column];
  return column === "name" ? (last ? text : text.padEnd(width)) : text.padStart(width);
}

function value(r: Row, column: Column, total: number): string {
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
    default:
      return r.name;
  }
}

function compare(a: Row, b: Row, by: Column): number {
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
    case "max-time":
      return b.max - a.max;
    default:
      return b.total - a.total || b.calls - a.calls || (a.name < b.name ? -1 : 1);
  }
}
