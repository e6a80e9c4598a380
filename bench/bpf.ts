/**
 * What following every call costs: ours on the bpf engine beside Debian's strace, perf trace and bpftrace, on dd, Redis
 * and nginx, in interleaved rounds. One table; a slowdown is against the untraced run of the same round.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Tracer, tracers } from "./bpf-tracers.ts";
import { freePort, median } from "./measure.ts";
import { listening, nginx, redis, type Server } from "./servers.ts";
import { Watched } from "./watched.ts";

/** One row of one round takes this long (s) at most. */
const LIMIT = 120;
const TRACEFS = "/sys/kernel/tracing";

interface Result {
  /** Time per call (dd), or requests a second. */
  readonly figure: number;
  readonly delivered: number | undefined;
  readonly lost: number;
  readonly cpu: number;
  readonly peak: number;
}

type Workload = (t: Tracer, dir: string, scale: number) => Promise<Result>;

export async function bpfBench(rounds: number, short: boolean): Promise<void> {
  // perf trace and bpftrace need it; ours does not
  const mounted =
    !existsSync(`${TRACEFS}/events`) && spawnSync("mount", ["-t", "tracefs", "nodev", TRACEFS]).status === 0;
  try {
    print(await measure(rounds, short ? 0.1 : 1), rounds);
  } finally {
    if (mounted) spawnSync("umount", [TRACEFS]);
  }
}

async function result(t: Tracer, w: Watched, out: string, figure: number): Promise<Result> {
  return {
    figure,
    delivered: await t.delivered(out),
    lost: Number(/(\d+) events lost in all/.exec(w.stderr)?.[1] ?? 0),
    cpu: w.cpu,
    peak: w.peak,
  };
}

async function dd(t: Tracer, dir: string, scale: number): Promise<Result> {
  const out = join(dir, "out");
  const count = Math.round((t.calls * scale) / 2);
  const argv = t.argv(out, ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`]);
  const w = new Watched(argv, join(dir, "said"));
  await w.end(LIMIT);
  // under bpftrace it writes elsewhere
  const seconds = Number(/copied, ([\d.e-]+) s/.exec(w.stderr)?.[1]);
  if (!(seconds > 0)) throw new Error(`dd said nothing of its time: ${w.stderr.slice(-200)}`);
  return result(t, w, out, seconds / count);
}

const served =
  (server: Server): Workload =>
  async (t, dir, scale) => {
    const out = join(dir, "out");
    const port = await freePort();
    const w = new Watched(t.argv(out, server.argv(dir, port)), join(dir, "said"));
    try {
      await listening(port);
      const rate = await server.load(port, 3 * t.load * scale);
      await server.stop(dir, port);
      await w.end(LIMIT);
      return await result(t, w, out, rate);
    } finally {
      w.kill();
    }
  };

const workloads: Readonly<Record<string, Workload>> = { dd, redis: served(redis), nginx: served(nginx) };

type Results = ReadonlyMap<Tracer, Readonly<Record<string, readonly (Result | undefined)[]>>>;

async function measure(rounds: number, scale: number): Promise<Results> {
  const present = tracers.filter((t) => {
    if (!existsSync(t.program)) console.log(`${t.name}: not measured: ${t.program} is not installed`);
    return existsSync(t.program);
  });
  const results = new Map(
    present.map((t) => [t, { dd: [], redis: [], nginx: [] } as Record<string, (Result | undefined)[]>]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [what, run] of Object.entries(workloads)) {
      for (const t of present) {
        const dir = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
        try {
          results.get(t)![what].push(await run(t, dir, scale));
        } catch (error) {
          results.get(t)![what].push(undefined);
          console.log(`${t.name}, ${what}, round ${round + 1}: ${(error as Error).message}`);
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }
      }
    }
  }
  return results;
}

/** Of each round that has both, the figure against the untraced one's. */
function ratio(results: Results, t: Tracer, what: string): number {
  const plain = results.get(tracers[0])![what];
  const ratios = results.get(t)![what].flatMap((r, i) => {
    const alone = plain[i];
    return r && alone ? [r.figure / alone.figure] : [];
  });
  return ratios.length > 0 ? median(ratios) : Number.NaN;
}

function print(results: Results, rounds: number): void {
  console.log(
    `\nevery call of a program followed, ${rounds} interleaved rounds, medians. dd: times slower than untraced in the same round;
redis (GET, 20 clients) and nginx (wrk, 20 connections): share of the untraced rate. Events and losses of all rounds.\n`,
  );
  const columns = ["dd bs=1", "events", "lost", "CPU s/M", "peak MB"];
  const server = ["share", "events", "lost", "CPU s/M"];
  const head = [...columns, "redis", ...server.slice(1), "nginx", ...server.slice(1), "required"];
  console.log("".padEnd(17) + head.map((h) => h.padStart(10)).join(""));
  for (const t of results.keys()) {
    const cells = [
      ratio(results, t, "dd").toFixed(2),
      ...account(results, t, "dd"),
      peak(results, t),
      ...["redis", "nginx"].flatMap((what) => [
        `${(100 * ratio(results, t, what)).toFixed(0)} %`,
        ...account(results, t, what),
      ]),
      verdict(results, t),
    ];
    console.log(t.name.padEnd(17) + cells.map((c) => c.padStart(10)).join(""));
  }
}

function peak(results: Results, t: Tracer): string {
  if (t === tracers[0]) return "";
  return (Math.max(0, ...results.get(t)!.dd.map((r) => r?.peak ?? 0)) / 1024).toFixed(0);
}

/** Events delivered, lost, and the tracer's CPU seconds for a million of them. */
function account(results: Results, t: Tracer, what: string): string[] {
  if (t === tracers[0]) return ["", "", ""];
  const all = results.get(t)![what].flatMap((r) => (r ? [r] : []));
  const delivered = all.every((r) => r.delivered !== undefined)
    ? all.reduce((sum, r) => sum + r.delivered!, 0)
    : undefined;
  const lost = all.reduce((sum, r) => sum + r.lost, 0);
  // what discards its output does as much for an event as what does not: of dd the number is known
  const events = delivered ?? (what === "dd" ? t.calls * all.length - lost : undefined);
  const cpu = all.reduce((sum, r) => sum + r.cpu, 0);
  return [
    delivered === undefined ? "-" : String(delivered),
    t.tellsLoss ? String(lost) : "-",
    events ? ((cpu / events) * 1e6).toFixed(2) : "-",
  ];
}

function verdict(results: Results, t: Tracer): string {
  const { required } = t;
  if (!required) return "";
  const missed: string[] = [];
  if (!(ratio(results, t, "dd") <= required.dd)) missed.push(`dd ${required.dd}`);
  if (results.get(t)!.dd.some((r) => r && r.lost > 0)) missed.push("0 lost");
  for (const what of ["redis", "nginx"]) {
    if (required.served && !(ratio(results, t, what) >= required.served))
      missed.push(`${what} ${100 * required.served} %`);
  }
  return missed.length === 0 ? "met" : `  missed: ${missed.join(", ")}`;
}
