/** The table of `svtrace status`, and what there is to say below it. */
import { basename } from "node:path";
import { printable } from "../../base/printable.ts";
import { columnsOf, cut } from "../columns.ts";
import type { Row, State } from "./rows.ts";

type Paint = (text: string) => string;
const sgr =
  (code: number): Paint =>
  (text) =>
    `\x1b[${code}m${text}\x1b[0m`;
const [red, green, yellow, dim] = [31, 32, 33, 2].map(sgr);

const paints: Readonly<Record<State, Paint>> = {
  up: green,
  down: dim,
  unsupervised: dim,
  unknown: dim,
  failed: red,
  paused: yellow,
  stopping: yellow,
  finishing: yellow,
  clearing: yellow,
  delay: yellow,
  waiting: yellow,
};

interface Column {
  readonly head: string;
  readonly text: (r: Row) => string;
  readonly paint?: (r: Row) => Paint | undefined;
  /** Where the terminal is too narrow for all, the columns with the highest number go first. */
  readonly dispensable?: number;
}

const columns: readonly Column[] = [
  { head: "SERVICE", text: (r) => r.service },
  { head: "STATE", text: (r) => r.state, paint: (r) => paints[r.state] },
  { head: "READY", text: (r) => (r.ready === null ? "-" : r.ready ? "yes" : "no"), dispensable: 1 },
  { head: "PID", text: (r) => (r.pid === 0 ? "-" : String(r.pid)) },
  { head: "SINCE", text: (r) => (r.supervisor ? duration(r.seconds) : "-") },
  { head: "WANTED", text: (r) => r.wanted || "-", dispensable: 5 },
  {
    head: "RESTARTS",
    text: (r) => (r.restarts === null ? "-" : String(r.restarts)),
    dispensable: 2,
  },
  { head: "LAST EXIT", text: lastExit },
  { head: "LAST RESTART", text: (r) => seconds(r.last_restart_seconds), dispensable: 4 },
  {
    head: "LOG",
    text: (r) => r.log ?? "-",
    paint: (r) => (r.log ? paints[r.log] : undefined),
    dispensable: 3,
  },
  { head: "TRACED", text: (r) => (r.traced ? "yes" : "no"), dispensable: 6 },
];
const GAP = 2;
/** A long name is cut to so many columns before more than `WANTED` goes. */
const NAME = 20;
const FIRST_TO_GO = 5;

/** `width`: columns of the terminal it is for; names are then cut, and what matters least is left out. */
export function table(rows: readonly Row[], colours: boolean, width?: number): string {
  const named = rows.map((r) => ({ ...r, service: printable(width === undefined ? r.service : nameOf(r)) }));
  const fitted = width === undefined ? { rows: named, columns } : narrowed(named, width);
  const widths = widthsOf(fitted.columns, fitted.rows);
  const line = (cells: (c: Column) => string, paint: (c: Column) => Paint | undefined) =>
    fitted.columns
      .map((c, i) => {
        const text = cells(c);
        const last = i === fitted.columns.length - 1;
        const padded = last ? text : text + " ".repeat(widths[i] - columnsOf(text));
        const paintWith = colours ? paint(c) : undefined;
        return paintWith ? paintWith(padded) : padded;
      })
      .join(" ".repeat(GAP));
  const head = line(
    (c) => c.head,
    () => undefined,
  );
  const body = fitted.rows.map((r) =>
    line(
      (c) => c.text(r),
      (c) => c.paint?.(r),
    ),
  );
  return [head, ...body, ...named.flatMap(notes)].map((l) => `${l.trimEnd()}\n`).join("");
}

/** The directory's own name, unless that is none. */
const nameOf = ({ service }: Row): string => {
  const name = basename(service);
  return name === "" || /^\.+$/.test(name) ? service : name;
};

const widthsOf = (cs: readonly Column[], rows: readonly Row[]): number[] =>
  cs.map((c) => Math.max(columnsOf(c.head), ...rows.map((r) => columnsOf(c.text(r)))));

function narrowed(
  rows: readonly Row[],
  width: number,
): { readonly rows: readonly Row[]; readonly columns: readonly Column[] } {
  let [kept, shown] = [columns, rows];
  const excess = () => widthsOf(kept, shown).reduce((sum, w) => sum + w + GAP, -GAP) - width;
  const shorten = (least: number) => {
    const longest = widthsOf(columns.slice(0, 1), shown)[0];
    const most = Math.max(least, longest - excess());
    if (excess() > 0) shown = shown.map((r) => ({ ...r, service: cut(r.service, most) }));
  };
  for (let level = 6; level > 0 && excess() > 0; level--) {
    if (level < FIRST_TO_GO) shorten(NAME);
    if (excess() > 0) kept = kept.filter((c) => c.dispensable !== level);
  }
  shorten(NAME / 2);
  return { rows: shown, columns: kept };
}

/** What a person would ask next. */
function notes(r: Row): string[] {
  const found: string[] = [];
  if (r.problem) found.push(r.problem);
  if (r.waits_for.length > 0) found.push(`waits for ${r.waits_for.join(", ")}`);
  if (r.stopping) {
    const alive = r.alive.map((p) => `${p.comm}[${p.pid}]`).join(" ");
    const kill = r.stopping.kill_in === null ? "" : `; KILL in ${r.stopping.kill_in.toFixed(1)} s`;
    found.push(`asked to stop ${r.stopping.seconds.toFixed(1)} s ago; alive: ${alive || "nobody"}${kill}`);
  }
  if (r.left_over.length > 0) found.push(`left over from earlier: ${r.left_over.join(" ")}`);
  if (r.state === "up" && r.log !== null && r.log !== "up") found.push(`its log is ${r.log}`);
  return found.map((text) => `${r.service}: ${printable(text)}`);
}

function lastExit({ last_exit: e }: Row): string {
  if (!e) return "-";
  const how = e.signal ?? (e.code === null ? "unknown" : `code ${e.code}`);
  return `${how}, ${duration(Math.max(0, Math.floor(Date.now() / 1000 - e.at)))} ago`;
}

const seconds = (s: number | null): string =>
  s === null ? "-" : s < 10 ? `${s.toFixed(2)} s` : `${Math.round(s)} s`;

/** The two largest units: `3d 4h`, `5m 12s`. */
function duration(total: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, size]) => total >= size);
  if (first < 0) return "0s";
  return units
    .slice(first, first + 2)
    .map(([unit, size], i) => `${Math.floor((i === 0 ? total : total % units[first][1]) / size)}${unit}`)
    .join(" ");
}
