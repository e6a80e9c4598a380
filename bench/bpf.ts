/**
 * What following every call costs: ours on the bpf engine beside Debian's strace, perf trace and bpftrace, on dd, Redis
 * and nginx, in interleaved rounds, as one table. A row that fails says why, and the table goes on.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, release, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, Group, median } from "./measure.ts";
import { nginx, ready, redis, type Server, stop } from "./servers.ts";
import { COUNTS, JSON_NULL, missing, type Required, type Tracer, tracers, UNTRACED } from "./tracers.ts";

/** How long (s) a tracer may take over a dd, a server to answer, and a tracer to end after its server. */
const LIMIT = { dd: 60, ready: 20, end: 30 };

interface Result {
  /** Seconds for one byte (dd), or requests a second. */
  readonly figure: number;
  readonly delivered: number | undefined;
  readonly lost: number | undefined;
  /** CPU time of the tracer, seconds. */
  readonly cpu: number;
  /** Its peak resident memory, KiB. */
  readonly peak: number;
}

interface Workload {
  readonly name: string;
  readonly measure: (t: Tracer, dir: string, short: boolean) => Promise<Result>;
}

/** The results of one tracer on one workload by round, and why rounds are missing. */
interface Row {
  readonly results: Map<number, Result>;
  readonly failures: string[];
}

async function taken(t: Tracer, out: string, group: Group, figure: number): Promise<Result> {
  const delivered = await t.delivered(out);
  return { figure, delivered, lost: await t.lost(out, group.stderr), cpu: group.cpu, peak: group.peak };
}

/** What it said last, on one line. */
const lastWords = (g: Group) => g.stderr.trim().split("\n").slice(-2).join("; ").slice(-200);

async function dd(t: Tracer, dir: string, short: boolean): Promise<Result> {
  const out = join(dir, "out");
  const count = t.thousands * (short ? 200 : 1000);
  const group = new Group(
    t.argv(out, ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`]),
  );
  try {
    await group.wait(LIMIT.dd);
  } finally {
    await group.end();
  }
  const seconds = Number(/copied, ([\d.e-]+) s/.exec(group.stderr)?.[1]);
  if (!(seconds > 0)) throw new Error(`dd did not finish (${group.outcome}): ${lastWords(group)}`);
  return taken(t, out, group, seconds / count);
}

function served(server: Server): Workload["measure"] {
  return async (t, dir, short) => {
    const out = join(dir, "out");
    const port = await freePort();
    const group = new Group(t.argv(out, server.command(dir, port)));
    let rate: number;
    try {
      const over = group.exited.then(() => {
        throw new Error(`over before it was loaded (${group.outcome}): ${lastWords(group)}`);
      });
      // it ends after the load, too, when nobody listens to this any more
      over.catch(() => undefined);
      await Promise.race([ready(server, port, LIMIT.ready), over]);
      rate = await server.load(port, short ? 1 : 2, t.requests);
      stop(dir);
      await group.wait(LIMIT.end);
    } finally {
      stop(dir);
      await group.end();
    }
    return taken(t, out, group, rate);
  };
}

const workloads: readonly Workload[] = [
  { name: "dd", measure: dd },
  ...[redis, nginx].map((server) => ({ name: server.name, measure: served(server) })),
];

const TRACEFS = "/sys/kernel/tracing";

/** Measures all in `rounds` interleaved rounds and prints the table. */
export async function bpfBench(rounds: number, short: boolean): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
  // perf trace and bpftrace need it; ours does not
  const mounted =
    !existsSync(`${TRACEFS}/events`) && spawnSync("mount", ["-t", "tracefs", "nodev", TRACEFS]).status === 0;
  // whatever ends the bench, a signal included
  process.once("exit", () => {
    rmSync(base, { recursive: true, force: true });
    if (mounted) spawnSync("umount", [TRACEFS], { stdio: "ignore" });
  });
  const before = loadavg()[0];
  const rows = new Map<string, Row>();
  for (let round = 0; round < rounds; round++) {
    for (const w of workloads) {
      for (const t of tracers) await once(w, t, base, round, short, rowOf(rows, w, t));
    }
    console.error(`round ${round + 1} of ${rounds} done`);
  }
  print(rows, rounds, before);
}

function rowOf(rows: Map<string, Row>, w: Workload, t: Tracer): Row {
  const key = `${w.name} ${t.name}`;
  const row = rows.get(key) ?? { results: new Map(), failures: [] };
  rows.set(key, row);
  return row;
}

async function once(
  w: Workload,
  t: Tracer,
  base: string,
  round: number,
  short: boolean,
  row: Row,
): Promise<void> {
  const absent = missing(t);
  if (absent !== undefined) {
    row.failures.push(absent);
    return;
  }
  const dir = mkdtempSync(join(base, "row-"));
  try {
    row.results.set(round, await w.measure(t, dir, short));
  } catch (error) {
    row.failures.push(`round ${round + 1}: ${(error as Error).message}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const COLUMNS = ["", "", "cost", "delivered", "lost", "CPU s/M", "peak MB", "required"] as const;
const WIDTHS = [6, 27, 9, 11, 9, 9, 9, 0];

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

function print(rows: ReadonlyMap<string, Row>, rounds: number, before: number): void {
  console.log(
    `every call followed; ${rounds} rounds, in each every row once, one after the other; medians\n` +
      "cost: dd bs=1, how many times slower a byte than untraced in the same round (the slow tracers copy fewer bytes);\n" +
      `      servers, share of the rate untraced in the same round (${redis.name}: ${redis.loadedBy}, fewer requests for\n` +
      `      the slow tracers; ${nginx.name}: ${nginx.loadedBy})\n` +
      `machine: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}; ${new Date().toISOString().slice(0, 10)};\n` +
      `      load average ${before.toFixed(1)} before the first round, where 0 is a machine that does nothing else\n` +
      "delivered, lost: events a run; lost as the tracer says, the worst round; - where it cannot be known\n" +
      "not followed: svtrace follows the shell that started it, and nothing else, so that it pays only for the kernel's\n" +
      "      tracepoints, as every process does while any is traced; so with bpftrace's empty probes\n" +
      "CPU s/M: the tracer's own CPU seconds, starting up included, for a million events delivered; peak: its VmHWM\n",
  );
  console.log(line(COLUMNS));
  const failures: string[] = [];
  for (const w of workloads) {
    const untraced = rows.get(`${w.name} ${UNTRACED}`)!;
    const total = made(rows, w);
    for (const t of tracers) {
      const row = rows.get(`${w.name} ${t.name}`)!;
      for (const f of row.failures) failures.push(`${w.name}, ${t.name}: ${f}`);
      const results = [...row.results.values()];
      if (results.length === 0) {
        console.log(line([w.name, t.name, "failed", "-", "-", "-", "-", verdict(t.required, w, NaN, NaN)]));
        continue;
      }
      const ratios = [...row.results].flatMap(([round, r]) => {
        const plain = untraced.results.get(round);
        return plain ? [r.figure / plain.figure] : [];
      });
      const ratio = ratios.length === 0 ? NaN : median(ratios);
      const lost = results.map((r) => r.lost).filter((l) => l !== undefined);
      const worst = lost.length === 0 ? undefined : Math.max(...lost);
      const delivered = results.map((r) =>
        t.name === JSON_NULL && total !== undefined ? total - (r.lost ?? 0) : r.delivered,
      );
      const perMillion = results.map((r, i) =>
        (delivered[i] ?? 0) >= 1000 ? (r.cpu / delivered[i]!) * 1e6 : undefined,
      );
      console.log(
        line([
          w.name,
          t.name,
          Number.isNaN(ratio)
            ? "-"
            : w.name === "dd"
              ? `${ratio.toFixed(2)} x`
              : `${(100 * ratio).toFixed(1)} %`,
          known(delivered),
          known([worst]),
          t.name === UNTRACED ? "-" : known(perMillion, 2),
          t.name === UNTRACED ? "-" : (Math.max(...results.map((r) => r.peak)) / 1024).toFixed(0),
          verdict(t.required, w, ratio, worst ?? 0),
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
function made(rows: ReadonlyMap<string, Row>, w: Workload): number | undefined {
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
