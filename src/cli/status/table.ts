/** The table of `svtrace status`, and what there is to say below it. */
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
}

const columns: readonly Column[] = [
  { head: "SERVICE", text: (r) => printable(r.service) },
  { head: "STATE", text: (r) => r.state, paint: (r) => paints[r.state] },
  { head: "READY", text: (r) => (r.ready === null ? "-" : r.ready ? "yes" : "no") },
  { head: "PID", text: (r) => (r.pid === 0 ? "-" : String(r.pid)) },
  { head: "SINCE", text: (r) => (r.supervisor ? duration(r.seconds) : "-") },
  { head: "WANTED", text: (r) => r.wanted || "-" },
  { head: "RESTARTS", text: (r) => (r.restarts === null ? "-" : String(r.restarts)) },
  { head: "LAST EXIT", text: lastExit },
  { head: "LAST RESTART", text: (r) => seconds(r.last_restart_seconds) },
  { head: "LOG", text: (r) => r.log ?? "-", paint: (r) => (r.log ? paints[r.log] : undefined) },
  { head: "TRACED", text: (r) => (r.traced ? "yes" : "no") },
];

export function table(rows: readonly Row[], colours: boolean): string {
  const widths = columns.map((c) => Math.max(c.head.length, ...rows.map((r) => c.text(r).length)));
  const line = (cells: (c: Column) => string, paint: (c: Column) => Paint | undefined) =>
    columns
      .map((c, i) => {
        const padded = i === columns.length - 1 ? cells(c) : cells(c).padEnd(widths[i]);
        const paintWith = colours ? paint(c) : undefined;
        return paintWith ? paintWith(padded) : padded;
      })
      .join("  ");
  const head = line(
    (c) => c.head,
    () => undefined,
  );
  const body = rows.map((r) =>
    line(
      (c) => c.text(r),
      (c) => c.paint?.(r),
    ),
  );
  return [head, ...body, ...rows.flatMap(notes)].map((l) => `${l.trimEnd()}\n`).join("");
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
  return found.map((text) => `${printable(r.service)}: ${printable(text)}`);
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

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");
