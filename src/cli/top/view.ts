/** The screen of `svtrace top` as lines of text: nothing but printable ASCII, whatever the watched are called. */
import { quantile } from "../../base/histogram.ts";
import { durationWords } from "../duration.ts";
import { howLong, type UnderWay } from "../live/under-way.ts";
import type { Look, Row } from "./watch.ts";

export const sorts = ["calls", "errors", "p50", "p99", "cpu", "blocked"] as const;
export type Sort = (typeof sorts)[number];

export interface State {
  view: "processes" | "calls";
  /** The process looked into. */
  pid: number | undefined;
  sort: Sort;
  filter: string;
  /** Keys go into the filter. */
  typing: boolean;
  frozen: boolean;
  selected: number;
  help: boolean;
}

export const freshState = (): State => ({
  view: "processes",
  pid: undefined,
  sort: "calls",
  filter: "",
  typing: false,
  frozen: false,
  selected: 0,
  help: false,
});

export interface Line {
  readonly text: string;
  readonly style?: "head" | "selected" | "dim";
}

const keyOf: Readonly<Record<Sort, (r: Row) => number>> = {
  calls: (r) => r.calls,
  errors: (r) => r.errors,
  p50: (r) => quantile(r.buckets, 0.5),
  p99: (r) => quantile(r.buckets, 0.99),
  cpu: (r) => r.cpu,
  blocked: (r) => r.blocked,
};

/** The rows in order. */
export function rowsOf(look: Look, state: State): Row[] {
  const calls = () => (state.pid === undefined ? look.calls : look.callsOf(state.pid));
  const rows = state.view === "processes" ? look.processes : calls();
  const key = keyOf[state.sort];
  const wanted = state.filter.toLowerCase();
  const matches = (r: Row) => `${r.pid} ${r.name}`.toLowerCase().includes(wanted);
  return rows.filter(matches).sort((a, b) => key(b) - key(a) || b.calls - a.calls || a.pid - b.pid);
}

/** `12.3k`: at most five characters. */
export function short(n: number): string {
  if (n < 9.95) return n === 0 ? "0" : n.toFixed(1);
  if (n < 9999.5) return n.toFixed(0);
  return n < 9.9995e6 ? `${(n / 1e3).toFixed(n < 99950 ? 1 : 0)}k` : `${(n / 1e6).toFixed(1)}M`;
}

const duration = (ns: number): string => (ns === 0 ? "-" : durationWords(ns));
/** Per cent, in six characters: a hundred threads that are blocked make 10000. */
function share(ns: number, seconds: number): string {
  const percent = (100 * ns) / (seconds * 1e9);
  return percent < 9999.95 ? percent.toFixed(1) : short(percent);
}

const widths = [8, 6, 7, 7, 6, 6];
const NAME = 20;

const headOf = (state: State): string => {
  const name = state.view === "processes" ? "    PID COMMAND     " : "SYSCALL             ";
  const last = state.view === "processes" ? "BLOCKED IN" : "MOSTLY BY";
  const cells = ["CALLS/S", "ERR/S", "P50", "P99", "CPU%", "BLK%"].map((h, i) => {
    const text = sorts[i] === state.sort ? `${h}*` : h;
    return text.padStart(widths[i]);
  });
  return `${name}${cells.join(" ")} ${last}`;
};

export function rowText(r: Row, seconds: number, view: State["view"]): string {
  const name = view === "processes" ? `${String(r.pid).padStart(7)} ${r.name}` : r.name;
  const cells = [
    short(r.calls / seconds),
    short(r.errors / seconds),
    duration(quantile(r.buckets, 0.5)),
    duration(quantile(r.buckets, 0.99)),
    share(r.cpu, seconds),
    share(r.blocked, seconds),
  ].map((text, k) => text.padStart(widths[k]));
  return `${name.padEnd(NAME).slice(0, NAME)}${cells.join(" ")} ${r.top}`;
}

export function nowText(c: UnderWay): string {
  const who = c.tid === c.pid ? String(c.pid) : `${c.pid}/${c.tid}`;
  const on = c.on === "" ? `(${c.args})` : ` on ${c.on}`;
  return `${who.padStart(7)} ${c.comm.padEnd(15).slice(0, 15)} ${howLong(c).padStart(8)} ${c.category.padEnd(7)} ${c.call}${on}`;
}

/** Everything in numbers. */
function rates(look: Look): string {
  const { total, seconds } = look;
  return `${short(total.calls / seconds)} calls/s, ${short(total.errors / seconds)} errors/s, CPU ${share(total.cpu, seconds)}%`;
}

/** How many threads were blocked on average, by what for. */
function blocked(look: Look): string {
  const { seconds, categories } = look;
  const parts = [...categories]
    .filter(([, ns]) => ns / seconds / 1e9 >= 0.005)
    .sort((a, b) => b[1] - a[1])
    .map(([c, ns]) => `${c} ${(ns / seconds / 1e9).toFixed(2)}`);
  return `threads blocked: ${parts.join(", ") || "none"}`;
}

const HELP = [
  "j k, arrows  choose a line          Enter  look into the process",
  "p            processes or calls     Esc    back, clear the filter",
  "s            sort by the next       /      filter by name or pid",
  "space        freeze                 q      quit",
];
/** Fits into 80 columns. */
const KEYS = "q quit  ? help  Enter look in  Esc back  p calls  s sort  / filter  space freeze";
const FIXED = 4;

/** Lines of a screen of that size. */
export function screen(look: Look, state: State, width: number, height: number, title: string): Line[] {
  const rows = rowsOf(look, state);
  const lines: Line[] = [];
  const where = state.pid === undefined ? title : `process ${state.pid}`;
  const marks = `${state.frozen ? "  [frozen]" : ""}${state.typing || state.filter ? `  /${state.filter}${state.typing ? "_" : ""}` : ""}`;
  const over = look.over > 0 ? `  ${look.over} CALLS NOT COUNTED` : "";
  lines.push({ text: `svtrace top: ${where}${marks}${over}  ${rates(look)}` }, { text: blocked(look) });
  lines.push({ text: headOf(state).padEnd(width), style: "head" });
  const wanted = state.filter.toLowerCase();
  const called = (c: UnderWay) => (state.view === "processes" ? `${c.pid} ${c.comm}` : c.call).toLowerCase();
  const mine = (c: UnderWay) => state.pid === undefined || c.pid === state.pid;
  const now = look.now.filter((c) => mine(c) && called(c).includes(wanted));
  const below = Math.min(now.length, Math.max(2, Math.floor((height - FIXED) / 3)));
  const room = Math.max(1, height - FIXED - 1 - below);
  state.selected = Math.max(0, Math.min(state.selected, rows.length - 1));
  const from = Math.max(0, Math.min(state.selected - room + 1, rows.length - room));
  const help = state.help ? HELP : [];
  for (let i = 0; i < room; i++) {
    const row = rows[from + i];
    if (i < help.length) lines.push({ text: help[i] });
    else if (!row) lines.push({ text: "" });
    else {
      const style = from + i === state.selected ? "selected" : undefined;
      lines.push({ text: rowText(row, look.seconds, state.view).padEnd(width), style });
    }
  }
  lines.push({
    text: `BLOCKED NOW (${now.length} of ${look.underWay} calls under way)`.padEnd(width),
    style: "head",
  });
  for (const c of now.slice(0, below)) lines.push({ text: nowText(c) });
  while (lines.length < height - 1) lines.push({ text: "" });
  lines.push({ text: KEYS, style: "dim" });
  return lines.slice(0, height).map((l) => ({ ...l, text: l.text.slice(0, width) }));
}

const ONCE_ROWS = 20;

/** Plain text of one look. */
export function plain(look: Look, title: string): string {
  const state = freshState();
  const part = (view: State["view"]): string[] => {
    const rows = rowsOf(look, { ...state, view }).slice(0, ONCE_ROWS);
    return [headOf({ ...state, view }), ...rows.map((r) => rowText(r, look.seconds, view).trimEnd())];
  };
  const now = look.now.slice(0, ONCE_ROWS).map(nowText);
  return `${[
    `svtrace top: ${title}, ${look.seconds.toFixed(1)} s`,
    `${rates(look)}; ${blocked(look)}`,
    ...(look.over > 0 ? [`${look.over} calls could not be counted: too many processes`] : []),
    "",
    ...part("processes"),
    "",
    ...part("calls"),
    "",
    `BLOCKED NOW (${look.now.length} of ${look.underWay} calls under way)`,
    ...now,
  ].join("\n")}\n`;
}
