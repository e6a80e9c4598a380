/** Supervision beside daemontools and runit: restarts, memory of many services, idle CPU, growth over many cycles. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sendControl } from "../src/supervise/control.ts";
import { median } from "./measure.ts";
import { firstInstruction, type Logger, makeServices, removeServices, root } from "./supervise-dirs.ts";

const svtrace = join(root, "bin/svtrace");
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
const say = (text: string) => process.stdout.write(`${text}\n`);

type System = "svtrace" | "daemontools" | "runit";
const commands: Record<System, (scan: string) => string[]> = {
  svtrace: (scan) => [svtrace, "up", scan],
  daemontools: (scan) => ["/usr/bin/svscan", scan],
  runit: (scan) => ["/usr/bin/runsvdir", scan],
};

function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

async function until(what: string, probe: () => boolean, seconds = 180): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !probe(); await sleep(2)) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
  }
}

/** A running supervisor of a scan directory, in a session of its own. */
class Running {
  readonly child: ChildProcess;

  constructor(
    readonly system: System,
    readonly scan: string,
  ) {
    const [program, ...args] = commands[system](scan);
    this.child = spawn(program, args, { detached: true, stdio: "ignore" });
  }

  pidOf(name: string): number {
    const path = join(this.scan, name, "supervise/status");
    if (!existsSync(path)) return 0;
    const bytes = readFileSync(path);
    return bytes.length >= 18 ? bytes.readUInt32LE(12) : 0;
  }

  allUp(names: readonly string[]): Promise<void> {
    const down = new Set(names);
    const probe = () => {
      for (const name of down) {
        if (this.pidOf(name) === 0) return false;
        down.delete(name);
      }
      return true;
    };
    return until(`${this.system}: all up`, probe);
  }

  /** Everything below the supervisor, itself included. */
  processes(): number[] {
    const children = new Map<number, number[]>();
    for (const name of readdirSync("/proc")) {
      const stat = /^\d+$/.test(name) ? text(`/proc/${name}/stat`) : "";
      if (stat === "") continue;
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
    const found = [this.child.pid!];
    for (const pid of found) found.push(...(children.get(pid) ?? []));
    return found;
  }

  async stop(): Promise<void> {
    const pids = this.processes();
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it is gone
      }
    }
    await until("the end", () =>
      pids.every((pid) => !existsSync(`/proc/${pid}/exe`) || /\) Z /.test(text(`/proc/${pid}/stat`))),
    );
    removeServices(this.scan);
  }
}

const percentile = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];

const NODE_BASE = Number(process.hrtime.bigint()) - performance.now() * 1e6;
const now = () => NODE_BASE + performance.now() * 1e6;

/** Restarts of services that ran over a second: ms from the cause to the new run's first instruction. */
export async function restarts(samples: number): Promise<void> {
  const count = 10;
  const program = firstInstruction();
  const systems = (["svtrace", "daemontools"] as const).map((system) => {
    return new Running(system, makeServices({ count, logger: "none", program }));
  });
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  for (const s of systems) await s.allUp(names);
  const results = new Map<string, number[]>();
  const starts = (s: Running, name: string) =>
    text(join(s.scan, name, "begun"))
      .split("\n")
      .slice(0, -1);
  const one = async (s: Running, name: string, kind: "svc -t" | "death") => {
    const before = starts(s, name).length;
    const began = now();
    if (kind === "svc -t") sendControl(join(s.scan, name), "t");
    else process.kill(s.pidOf(name), "SIGKILL");
    await until("a new start", () => starts(s, name).length > before);
    const key = `${kind} ${s.system}`;
    results.set(key, [...(results.get(key) ?? []), (Number(starts(s, name)[before]) - began) / 1e6]);
  };
  for (let done = 0; done < samples; done += count) {
    for (const kind of ["svc -t", "death"] as const) {
      await sleep(1300);
      for (const name of names) for (const s of systems) await one(s, name, kind);
    }
  }
  for (const s of systems) await s.stop();
  say(`\nfrom the cause to the first instruction of the next run, ms (${samples} restarts each)`);
  for (const [key, values] of [...results].sort()) {
    say(
      `  ${key.padEnd(20)} median ${median(values).toFixed(2)}  p99 ${percentile(values, 0.99).toFixed(2)}  max ${Math.max(...values).toFixed(2)}`,
    );
  }
}

/** KiB: proportional and resident size of processes. */
function memory(pids: readonly number[]): { pss: number; rss: number } {
  let pss = 0;
  let rss = 0;
  for (const pid of pids) {
    const rollup = text(`/proc/${pid}/smaps_rollup`);
    pss += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    rss += Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return { pss, rss };
}

/** Ticks of CPU (1/100 s) a living process has used; undefined if it is gone. */
function ticks(pid: number): number | undefined {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Percent of a core that the processes need which live all the time. */
async function load(pids: readonly number[], seconds: number): Promise<number> {
  const before = pids.map(ticks);
  const began = performance.now();
  await sleep(seconds * 1000);
  const after = pids.map(ticks);
  const took = (performance.now() - began) / 1000;
  const used = pids.map((_, i) => (after[i] === undefined ? 0 : after[i]! - (before[i] ?? after[i]!)));
  return used.reduce((a, b) => a + b, 0) / took;
}

const systems: readonly (readonly [System, Logger])[] = [
  ["svtrace", "shared"],
  ["svtrace", "multilog"],
  ["daemontools", "multilog"],
  ["runit", "svlogd"],
];
/** What was used to start them all is collected by then (ms). */
const SETTLE_MS = 20_000;

/** What supervises and logs `count` services: how long until all are up, its memory, its CPU while nothing happens. */
export async function services(count: number, idleSeconds: number, rows = systems): Promise<void> {
  say(`\n${count} services, each with a logger`);
  for (const [system, logger] of rows) {
    if (!existsSync(commands[system]("")[0])) continue;
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    const scan = makeServices({ count, logger });
    const began = performance.now();
    const running = new Running(system, scan);
    try {
      await running.allUp(names);
      const seconds = (performance.now() - began) / 1000;
      const ours = () => running.processes().filter((pid) => text(`/proc/${pid}/comm`).trim() !== "sleep");
      const of = (pids: number[], comm: string) =>
        pids.filter((pid) => text(`/proc/${pid}/comm`).trim() === comm).length;
      // loggers and services have become what they are
      await until("all loggers", () => {
        const pids = ours();
        return of(pids, "sh") === 0 && (logger === "shared" || of(pids, logger) === count);
      });
      await sleep(SETTLE_MS);
      const pids = ours();
      const idle = await load(pids, idleSeconds);
      const { pss, rss } = memory(pids);
      say(
        `  ${system.padEnd(12)} ${logger.padEnd(9)} all up after ${seconds.toFixed(1)} s; ${pids.length} processes, ${(pss / 1024).toFixed(0)} MiB proportional, ${(rss / 1024).toFixed(0)} MiB resident; idle ${idle.toFixed(2)} % of a core`,
      );
    } finally {
      await running.stop();
    }
  }
}

/** Starts and ends of one service that ends at once; what grows meanwhile. */
export async function cycles(count: number): Promise<void> {
  const scan = makeServices({ count: 1, logger: "none" });
  const dir = join(scan, "s0");
  writeFileSync(join(dir, "run"), "#!/bin/true\n");
  writeFileSync(join(dir, "backoff"), "0 0\n");
  writeFileSync(join(dir, "notification-fd"), "3\n");
  writeFileSync(join(dir, "stop-timeout"), "5\n");
  const running = new Running("svtrace", scan);
  const pid = running.child.pid!;
  const starts = () => Number(/"starts":(\d+)/.exec(text(join(dir, "supervise/svtrace.json")))?.[1] ?? 0);
  const look = () => ({
    fds: readdirSync(`/proc/${pid}/fd`).length,
    rss: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))![1]) / 1024),
    zombies: running.processes().filter((p) => /\) Z /.test(text(`/proc/${p}/stat`))).length,
  });
  await until("warm", () => starts() > count / 10);
  const before = look();
  const [from, began] = [starts(), performance.now()];
  await until("cycles", () => starts() - from >= count, 3600);
  const rate = count / ((performance.now() - began) / 1000);
  sendControl(dir, "d");
  await sleep(500);
  const after = look();
  say(
    `\n${count} starts and ends (${rate.toFixed(0)} a second): fds ${before.fds} -> ${after.fds}, resident ${before.rss} -> ${after.rss} MiB, zombies ${after.zombies}`,
  );
  await running.stop();
}
