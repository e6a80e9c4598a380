/** The table of what following every call costs. */
import { cpus, release } from "node:os";
import type { Result } from "./follow.ts";
import { median, standardError } from "./measure.ts";
import { nginx, redis } from "./servers.ts";
import { COUNTS, JSON_NULL, measures, type Required, type Tracer, tracers, UNTRACED } from "./tracers.ts";

export interface Workload {
  readonly name: string;
  readonly measure: (t: Tracer, dir: string, short: boolean) => Promise<Result>;
}

/** The results of one tracer on one workload by round, and why rounds are missing. */
export interface Row {
  readonly results: Map<number, Result>;
  readonly failures: string[];
}

/** Of one tracer on one workload; begun when there is none. */
export function rowOf(rows: Map<string, Row>, w: Workload, t: Tracer): Row {
  const key = `${w.name} ${t.name}`;
  const row = rows.get(key) ?? { results: new Map(), failures: [] };
  rows.set(key, row);
  return row;
}

const COLUMNS = ["", "", "cost", "delivered", "lost", "CPU s/M", "peak MB", "required"] as const;
const WIDTHS = [6, 26, 13, 11, 9, 9, 9, 0];

const line = (cells: readonly string[]) =>
  cells
    .map((c, i) => (i < 2 ? c.padEnd(WIDTHS[i]) : i === cells.length - 1 ? `  ${c}` : c.padStart(WIDTHS[i])))
    .join("")
    .trimEnd();

/** Of the values that are known, the median; `-` when none is. */
function known(values: readonly (number | undefined)[], digits = 0): string {
  const there = values.filter((v) => v !== undefined);
  return there.length === 0 ? "-" : median(there).toFixed(digits);
}

interface Cost {
  /** Of dd's time, or of a server's rate, untraced. */
  readonly ratio: number;
  /** Standard error of the ratio, where it was measured by turns. */
  readonly error?: number;
}

function costOf(rows: Map<string, Row>, w: Workload, t: Tracer): Cost {
  const untraced = rowOf(rows, w, tracers.find((other) => other.name === UNTRACED)!);
  const ratios = [...rowOf(rows, w, t).results].flatMap(([round, r]) => {
    const plain = untraced.results.get(round);
    return r.share !== undefined ? [r.share] : plain ? [r.figure / plain.figure] : [];
  });
  if (ratios.length === 0) return { ratio: NaN };
  const ratio = median(ratios);
  if (t.tracepoints) return { ratio, error: standardError(ratios) };
  const over = w.name === "dd" ? undefined : tracers.find((other) => other.name === t.over);
  if (!over) return { ratio };
  const floor = costOf(rows, w, over);
  return {
    ratio: ratio * floor.ratio,
    error: Math.hypot(standardError(ratios) * floor.ratio, (floor.error ?? 0) * ratio),
  };
}

function shown(w: Workload, { ratio, error }: Cost): string {
  if (Number.isNaN(ratio)) return "-";
  if (w.name === "dd") return `${ratio.toFixed(2)} x`;
  return `${(100 * ratio).toFixed(1)} ${error === undefined || Number.isNaN(error) ? "" : `+-${(100 * error).toFixed(1)} `}%`;
}

export function print(
  workloads: readonly Workload[],
  rows: Map<string, Row>,
  rounds: number,
  before: number,
): void {
  console.log(
    `every call followed; ${rounds} rounds, in each every row once, one after the other; medians\n` +
      "cost: dd bs=1, how many times slower a byte than untraced in the same round (the slow tracers copy fewer bytes);\n" +
      `      servers, share of the untraced rate (${redis.name}: ${redis.loadedBy}; ${nginx.name}: ${nginx.loadedBy}):\n` +
      "      of others a load of some 2 s against one in the same round; of svtrace, with +- the standard error, by turns of\n" +
      "      60 ms with another server (the tracer stopped then), less what differed before it attached, times what the\n" +
      "      tracepoints alone leave; server and load have a CPU each\n" +
      "tracepoints: programs that do nothing, attached and detached by turns; who is not followed pays for these, too\n" +
      `machine: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}; ${new Date().toISOString().slice(0, 10)};\n` +
      `      load average ${before.toFixed(1)} before the first round, where 0 is a machine that does nothing else\n` +
      "delivered, lost: events a run; lost as the tracer says, the worst round; - where it cannot be known\n" +
      "not followed: svtrace follows the shell that started it, and nothing else\n" +
      "CPU s/M: the tracer's own CPU seconds, starting up included, for a million events delivered; peak: its VmHWM\n",
  );
  console.log(line(COLUMNS));
  const failures: string[] = [];
  for (const w of workloads) {
    const total = made(rows, w);
    for (const t of tracers.filter((t) => measures(t, w.name))) {
      const row = rowOf(rows, w, t);
      for (const f of row.failures) failures.push(`${w.name}, ${t.name}: ${f}`);
      const results = [...row.results.values()];
      if (results.length === 0) {
        console.log(line([w.name, t.name, "failed", "-", "-", "-", "-", verdict(t.required, w, NaN, NaN)]));
        continue;
      }
      const cost = costOf(rows, w, t);
      const lost = results.map((r) => r.lost).filter((l) => l !== undefined);
      const worst = lost.length === 0 ? undefined : Math.max(...lost);
      const delivered = results.map((r) =>
        t.name === JSON_NULL && total !== undefined ? total - (r.lost ?? 0) : r.delivered,
      );
      const perMillion = results.map((r, i) =>
        (delivered[i] ?? 0) >= 1000 ? (r.cpu / delivered[i]!) * 1e6 : undefined,
      );
      const measured = t.name !== UNTRACED && !t.tracepoints;
      console.log(
        line([
          w.name,
          t.name,
          shown(w, cost),
          known(delivered),
          known([worst]),
          measured ? known(perMillion, 2) : "-",
          measured ? (Math.max(...results.map((r) => r.peak)) / 1024).toFixed(0) : "-",
          verdict(t.required, w, cost.ratio, worst ?? 0),
        ]),
      );
    }
  }
  console.log(
    `\n${JSON_NULL}: what it delivered to dd is what -c counted in the same run of the bench, less its losses`,
  );
  for (const f of failures) console.log(`failed: ${f}`);
}

/** Calls dd makes, as the kernel counts them for -c; the servers make as many as they are asked for. */
function made(rows: Map<string, Row>, w: Workload): number | undefined {
  if (w.name !== "dd") return undefined;
  const counted = [...rows.get(`${w.name} ${COUNTS}`)!.results.values()].map((r) => r.delivered);
  return counted.every((c) => c !== undefined) && counted.length > 0 ? median(counted) : undefined;
}

/** The required value, and whether it was kept. */
function verdict(required: Required | undefined, w: Workload, ratio: number, lost: number): string {
  const { slowdown, share, noLoss } = required ?? {};
  const [text, kept] =
    w.name === "dd"
      ? [slowdown && `<= ${slowdown} x`, ratio <= (slowdown ?? 0)]
      : [share && `>= ${100 * share} %`, ratio >= (share ?? 0)];
  if (!text) return "";
  // the servers are required to keep their rate; that nothing of dd is lost is required with it
  const whole = !noLoss || w.name !== "dd" || lost === 0;
  return `${text}${noLoss && w.name === "dd" ? ", 0 lost" : ""}: ${kept && whole ? "met" : "missed"}`;
}
