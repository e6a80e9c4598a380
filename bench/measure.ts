/** Runs commands, each with a time limit and in a process group of its own, and takes their time, CPU time and memory. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Clock ticks a second in /proc/PID/stat. */
const HZ = 100;
/** How much of what a command says is kept, in characters. */
const KEPT = 1 << 20;

export const pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms));

/** The groups of commands that have not ended: whatever ends the bench ends them. */
const groups = new Set<Group>();
process.on("exit", () => {
  for (const g of groups) g.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/** A command that leads a process group, so that all it leaves can be found and ended by id. */
export class Group {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  /** Peak resident memory (VmHWM) of the leader, KiB; 0 if it was over too soon to be read. */
  peak = 0;
  /** CPU time of the leader, seconds, sampled while it lives. */
  cpu = 0;
  /** How it ended; undefined while it runs. */
  outcome: string | undefined;
  private readonly timer: NodeJS.Timeout;
  /** Resolves when the leader has ended; what it left may live, and may hold its standard output open. */
  readonly exited: Promise<void>;
  private readonly closed: Promise<void>;

  constructor(argv: readonly string[], sampling = 20) {
    this.child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.child.stdout!.on("data", (d) => {
      if (this.stdout.length < KEPT) this.stdout += d;
    });
    this.child.stderr!.on("data", (d) => {
      if (this.stderr.length < KEPT) this.stderr += d;
    });
    this.timer = setInterval(() => this.look(), sampling);
    this.exited = new Promise((done) => {
      this.child.on("error", (e) => {
        this.outcome = e.message;
        done();
      });
      this.child.on("exit", (code, signal) => {
        this.outcome = signal ? `killed by ${signal}` : `exit status ${code}`;
        done();
      });
    });
    this.closed = new Promise((done) => this.child.on("close", () => done()));
    groups.add(this);
  }

  private look(): void {
    try {
      this.peak = Math.max(this.peak, peakOf(this.child.pid!));
      this.cpu = cpuOf(this.child.pid!);
    } catch {
      // it has just ended
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // none is left
    }
  }

  /** Waits for the leader to end by itself. Throws when it does not within `seconds`. */
  async wait(seconds: number): Promise<void> {
    const late = Symbol();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<typeof late>((r) => {
      timer = setTimeout(r, seconds * 1000, late);
    });
    const first = await Promise.race([this.exited, limit]);
    clearTimeout(timer);
    if (first === late) throw new Error(`not over within ${seconds} s`);
  }

  /** Ends what is left of the group: asked first, then killed. Returns when none lives. */
  async end(): Promise<void> {
    for (const [signal, ms] of [
      ["SIGTERM", 3000],
      ["SIGKILL", 5000],
    ] as const) {
      for (const until = performance.now() + ms; this.lives() && performance.now() < until; await pause(20)) {
        this.kill(signal);
      }
    }
    clearInterval(this.timer);
    // what it wrote last is still to be read; a process that left the group may hold the pipe for ever
    await Promise.race([this.closed, pause(1000)]);
    this.child.stdout!.destroy();
    this.child.stderr!.destroy();
    groups.delete(this);
  }

  /** Whether a process of the group is there that is not a zombie. */
  private lives(): boolean {
    return members(this.child.pid).length > 0;
  }
}

/** The processes of a group, zombies left out. */
function members(pgid: number | undefined): number[] {
  if (pgid === undefined) return [];
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = fieldsOf(Number(name));
      if (Number(stat[2]) === pgid && stat[0] !== "Z" && stat[0] !== "X") found.push(Number(name));
    } catch {
      // it has just ended
    }
  }
  return found;
}

/** What /proc/PID/stat says from the state on. Throws when there is no such process. */
function fieldsOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** CPU seconds of a process. Throws when there is none. */
export function cpuOf(pid: number): number {
  const fields = fieldsOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / HZ;
}

/** Peak resident memory of a process (VmHWM), KiB. Throws when there is none. */
export function peakOf(pid: number): number {
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
}

export interface Run {
  /** Wall time in seconds. */
  readonly seconds: number;
  /** Peak resident memory of the started process itself (VmHWM), in KiB; 0 if it was over too soon to be read. */
  readonly peak: number;
  readonly stdout: string;
}

/** Runs one command to its end. Throws if it fails or takes longer than `limit` seconds. */
export async function run(argv: readonly string[], limit = 300): Promise<Run> {
  const start = process.hrtime.bigint();
  const group = new Group(argv, 50);
  let seconds: number;
  try {
    await group.wait(limit);
    seconds = Number(process.hrtime.bigint() - start) / 1e9;
  } catch (error) {
    throw new Error(`${argv.join(" ")}: ${(error as Error).message}`);
  } finally {
    await group.end();
  }
  if (group.outcome !== "exit status 0") {
    throw new Error(`${argv.join(" ")}: ${group.outcome}: ${group.stderr.slice(-400)}`);
  }
  return { seconds, peak: group.peak, stdout: group.stdout };
}

/** Waits for a condition. Throws naming it when it does not come within `seconds`. */
export async function until(what: string, probe: () => Promise<boolean>, seconds = 120): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await probe().catch(() => false))) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await pause(50);
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that the share `q` of the values lies below. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** Of their mean; NaN of fewer than two. */
export function standardError(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

/** A port nobody listens on at 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
