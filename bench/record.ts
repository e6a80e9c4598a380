/** What recording costs: a program that does nothing but call, and services that are recorded all the time. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecording } from "../src/record/reader.ts";
import {
  cpuOf,
  freePort,
  Group,
  median,
  pause,
  peakOf,
  quantile,
  run,
  standardError,
  until,
} from "./measure.ts";
import { nginx, ready, redis, type Server, stop } from "./servers.ts";
import { svtrace } from "./tracers.ts";
import { byTurns } from "./turns.ts";

const CALLS = 300_000;
const IDLE_SECONDS = 20;
/** So often in a round the services are started anew, and then each is loaded for so long (s), by turns with those it is compared to. */
const STARTS = 3;
const LOAD_SECONDS = 5;
/** A service answers, and a host with all its services ends, within this time (s). */
const READY = 60;
const END = 60;
/** A recorded service counts as running this long (ms) after it is ready, and a little more. */
const SETTLED = 8000;
/** Required of a host whose services are all recorded by default: share of the untraced rate, share of a CPU when idle. */
const REQUIRED = { share: 0.97, idle: 0.02 };
const met = (kept: boolean) => (kept ? "met" : "missed");
const percent = (n: number) => `${(100 * n).toFixed(1)} %`;

/** Ratios by start of the processes. */
type Ratios = readonly (readonly number[])[];

/** Their median, its standard error by that of the starts, and what the middle half of them lies between. */
function spread(ratios: Ratios): string {
  const all = ratios.flat();
  const error = standardError(ratios.map((r) => median(r)));
  const [low, high] = [0.25, 0.75].map((q) => (100 * quantile(all, q)).toFixed(1));
  return `${(100 * median(all)).toFixed(1)} +- ${(100 * error).toFixed(1)} % (${low} to ${high})`;
}

export async function recordBench(rounds: number, short: boolean): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-bench-record-"));
  try {
    await told("a command recorded", () => command(dir, rounds, short ? CALLS / 3 : CALLS));
    await told("services recorded", () => services(dir, rounds, short ? LOAD_SECONDS / 2 : LOAD_SECONDS));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A part that fails says why, and the bench goes on. */
async function told(what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    console.log(`${what}: failed: ${(error as Error).message}`);
  }
}

/** Runs a command to its end; CPU seconds are its own and its children's. */
async function timed(argv: readonly string[]): Promise<{ cpu: number; peak: number }> {
  const { stdout, peak } = await run(["sh", "-c", 'exec 3>&2; "$@" >&3 2>&3; times', "sh", ...argv]);
  const children = stdout.trim().split("\n")[1];
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (s, m) => s + Number(m[1]) * 60 + Number(m[2]),
    0,
  );
  return { cpu, peak };
}

async function command(dir: string, rounds: number, count: number): Promise<void> {
  const dd = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"];
  const file = join(dir, "dd.duckdb");
  const ratios: number[] = [];
  const peaks: number[] = [];
  const cpus: number[] = [];
  const shares: number[] = [];
  let lost = 0;
  let events = 0;
  for (let i = 0; i < rounds; i++) {
    const alone = await run(dd);
    const { cpu: ddCpu } = await timed(dd);
    const { peak } = await run([svtrace, "record", "-o", file, "--", ...dd]);
    const { losses, lifetime, processes } = await readRecording(file, { calls: false });
    const main = processes.find((p) => p.tid === lifetime.pid)!;
    shares.push((main.user_ns! + main.system_ns!) / 1e9 / ddCpu);
    lost += losses.reduce((sum, l) => sum + l.count, 0);
    ratios.push((lifetime.died! - lifetime.started) / 1e9 / alone.seconds);
    peaks.push(peak / 1024);
    const few = await timed([svtrace, "record", "-o", file, "--", "true"]);
    const many = await timed([svtrace, "record", "-o", file, "--", ...dd]);
    events = 2 * count;
    cpus.push(((many.cpu - few.cpu - ddCpu) * 1e6) / events);
  }
  console.log(
    `svtrace record -- dd bs=1 count=${count}: ${median(ratios).toFixed(2)} times its time alone, ` +
      `${median(shares).toFixed(2)} times its CPU time; ${events} events a run, ` +
      `${lost} lost in ${rounds} runs; ${median(cpus).toFixed(2)} CPU s a million events; peak ${median(peaks).toFixed(0)} MB`,
  );
}

const loads: readonly Server[] = [redis, nginx];
const shell = (argv: readonly string[]) => argv.map((w) => `'${w}'`).join(" ");

/** A scan directory with every service, supervised; recorded if `trace`. */
class Host {
  private up: Group | undefined;
  readonly ports = new Map<string, number>();

  constructor(
    readonly scan: string,
    readonly trace: boolean,
  ) {}

  async start(): Promise<void> {
    for (const server of loads) {
      const { name } = server;
      const dir = join(this.scan, name);
      mkdirSync(this.trace ? join(dir, "trace") : dir, { recursive: true });
      const port = await freePort();
      this.ports.set(name, port);
      writeFileSync(join(dir, "run"), `#!/bin/sh\nexec ${shell(server.command(dir, port))}\n`);
      chmodSync(join(dir, "run"), 0o755);
    }
    this.up = new Group([svtrace, "up", this.scan]);
    for (const server of loads) await ready(server, this.ports.get(server.name)!, READY);
    for (const { name } of loads) await until(`${name} to be ready`, () => this.isReady(name));
    await pause(SETTLED);
  }

  recordings(name: string): string[] {
    const dir = join(this.scan, name, "trace/recordings");
    return existsSync(dir)
      ? readdirSync(dir)
          .filter((n) => n.endsWith(".duckdb"))
          .sort()
          .map((n) => join(dir, n))
      : [];
  }

  private async isReady(name: string): Promise<boolean> {
    if (!this.trace) return true;
    const newest = this.recordings(name).at(-1);
    if (newest === undefined) return false;
    const { ready, attached } = (await readRecording(newest, { calls: false })).lifetime;
    return ready !== null || attached;
  }

  async restart(): Promise<void> {
    for (const server of loads) {
      await run([svtrace, "restart", join(this.scan, server.name)]);
      await ready(server, this.ports.get(server.name)!, READY);
      await until(`${server.name} to be ready`, () => this.isReady(server.name));
    }
  }

  /** Mean bytes of the recordings of restarts. */
  bytesPerRestart(): number {
    const files = loads.flatMap(({ name }) => this.recordings(name).slice(1));
    return files.reduce((sum, f) => sum + statSync(f).size, 0) / files.length;
  }

  get recorder(): number {
    const children = readFileSync(
      `/proc/${this.up!.child.pid}/task/${this.up!.child.pid}/children`,
      "latin1",
    ).trim();
    const found = children.split(" ").find((pid) => {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes("recorder");
    });
    if (!found) throw new Error("svtrace up has no recorder");
    return Number(found);
  }

  async stop(): Promise<void> {
    const { up } = this;
    if (!up) return;
    if (up.outcome === undefined) up.child.kill("SIGTERM");
    try {
      await up.wait(END);
    } finally {
      await up.end();
      // services lead groups of their own
      for (const { name } of loads) stop(join(this.scan, name));
    }
  }
}

/** By service: rates of the recorded and of another unrecorded one, as shares of an unrecorded one's (requests/s), by start. */
interface Rates {
  readonly recorded: number[][];
  readonly control: number[][];
  readonly plain: number[];
}

async function services(dir: string, rounds: number, seconds: number): Promise<void> {
  const plain = new Host(join(dir, "plain"), false);
  const traced = new Host(join(dir, "traced"), true);
  // what a ratio is worth on this machine: that of two which differ in nothing
  const control = new Host(join(dir, "control"), false);
  const hosts = [plain, traced, control];
  try {
    for (const host of hosts) await host.start();
    const { recorder } = traced;
    const cpu = cpuOf(recorder);
    await pause(IDLE_SECONDS * 1000);
    const idle = (cpuOf(recorder) - cpu) / IDLE_SECONDS;
    const all = new Map<Server, Rates>(
      loads.map((server) => [server, { recorded: [], control: [], plain: [] }]),
    );
    for (let started = 0; started < STARTS * rounds; started++) {
      // where its memory happens to lie makes a process some percent faster or slower than another of its kind
      await fresh(hosts);
      for (const server of loads) {
        const { recorded, control: other, plain: alone } = all.get(server)!;
        const contenders = hosts.map((host) => ({ load: server.endless(host.ports.get(server.name)!) }));
        recorded.push([]);
        other.push([]);
        await byTurns(contenders, seconds, ([p, t, c]) => {
          alone.push(p);
          recorded.at(-1)!.push(t / p);
          other.at(-1)!.push(c / p);
        });
      }
    }
    for (const [{ name }, rates] of all)
      console.log(
        `${name} recorded by default: ${spread(rates.recorded)} of ${median(rates.plain).toFixed(0)} requests/s ` +
          `(>= ${percent(REQUIRED.share)}: ${met(median(rates.recorded.flat()) >= REQUIRED.share)}); ` +
          `another that is not recorded: ${spread(rates.control)}; ${rates.plain.length} turns ` +
          `of ${rates.recorded.length} processes each`,
      );
    const peak = peakOf(recorder) / 1024;
    console.log(
      `recorder: ${percent(idle)} of a CPU while both are idle ` +
        `(< ${percent(REQUIRED.idle)}: ${met(idle < REQUIRED.idle)}), peak ${peak.toFixed(0)} MB; ` +
        `${(traced.bytesPerRestart() / 1e6).toFixed(2)} MB on disk a restart`,
    );
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
  }
}

async function fresh(hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) await host.restart();
  await pause(SETTLED);
}
