/** One service under `svtrace up`, with everything a scenario needs around it; taken down by `close`. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { freePort, type RunOptions, run, svtracePath, waitUntil as waitShortly } from "../helpers.ts";
import type { WhyReport } from "./types.ts";

const TMPFS = 0x01021994;

function tryRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Scenarios must not fail because the machine is busy. */
const PATIENCE = 90;

export const waitUntil = ((what, probe, timeout = PATIENCE) =>
  waitShortly(what, probe, timeout)) as typeof waitShortly;

export class World {
  readonly dir: string;
  /** The service directory. */
  readonly app: string;
  readonly port: number;
  /** Says whether the service serves. */
  ready: () => Promise<boolean> | boolean = () => true;
  /** Recordings are copied there, to a directory for each world. */
  static keep: string | undefined;
  private static readonly all = new Set<World>();
  private readonly undo: (() => Promise<void> | void)[] = [];

  private constructor(dir: string, port: number, engine: string) {
    this.dir = dir;
    this.port = port;
    this.app = join(dir, "svc", "app");
    for (const d of ["trace", "data"]) mkdirSync(join(this.app, d), { recursive: true });
    if (engine !== "") writeFileSync(join(this.app, "trace", "engine"), `${engine}\n`);
    this.defer(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  }

  /** `engine` is written to trace/engine unless it is empty. */
  static async create(name: string, engine = ""): Promise<World> {
    // Syncing costs nothing on a file system in memory.
    const base = statfsSync(tmpdir()).type === TMPFS ? "/var/tmp" : tmpdir();
    const dir = mkdtempSync(join(base, `svtrace-${name.replace("/", "-")}-`));
    // servers that change their user must get at their files
    chmodSync(dir, 0o755);
    const world = new World(dir, await freePort(), engine);
    World.all.add(world);
    return world;
  }

  /** Does `action` when the scenario is over, the last one first. */
  defer(action: () => Promise<void> | void): void {
    this.undo.push(action);
  }

  path(...parts: string[]): string {
    return join(this.app, "data", ...parts);
  }

  /** Writes a file of the service's data directory; returns its path. */
  file(name: string, content: string, mode = 0o644): string {
    const path = this.path(name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content, { mode });
    return path;
  }

  /** Writes the run script. */
  runScript(...lines: string[]): void {
    writeFileSync(
      join(this.app, "run"),
      ["#!/bin/sh", `exec >>${this.path("log")} 2>&1`, `cd ${this.path()} || exit`, ...lines, ""].join("\n"),
      { mode: 0o755 },
    );
  }

  get log(): string {
    return existsSync(this.path("log")) ? readFileSync(this.path("log"), "utf8") : "";
  }

  /** Starts a program that is ended with the scenario. */
  spawn(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const out = openSync(join(this.dir, "helpers.log"), "a");
    const child = spawn(argv[0], argv.slice(1), {
      stdio: ["pipe", "pipe", out],
      env: { ...process.env, ...env },
    });
    closeSync(out);
    child.on("error", (error) =>
      appendFileSync(join(this.dir, "helpers.log"), `${argv[0]}: ${error.message}\n`),
    );
    this.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((r) => child.once("exit", r));
      child.kill("SIGKILL");
      await gone;
    });
    return child;
  }

  /** Runs a command that must succeed. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, status, signal } = await run(argv, { timeout: 120, ...options });
    if (status !== 0)
      throw new Error(`${argv.join(" ")}: ${signal ?? status}: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  /** Starts `svtrace up` and waits until the service serves and the recorder knows it. */
  async up(): Promise<void> {
    const out = openSync(join(this.dir, "up.log"), "a");
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const [program, ...args] = [...favoured(), svtracePath, "up", join(this.dir, "svc")];
    const up = spawn(program, args, { stdio: ["ignore", out, out], env });
    closeSync(out);
    const gone = new Promise((r) => up.once("exit", r));
    this.defer(async () => {
      const last = this.pid;
      up.kill("SIGTERM");
      const timer = setTimeout(() => {
        up.kill("SIGKILL");
        try {
          process.kill(last, "SIGKILL");
        } catch {
          // it is gone
        }
      }, 20_000);
      await gone;
      clearTimeout(timer);
    });
    await this.serving();
  }

  /** The main process, 0 when there is none. */
  get pid(): number {
    try {
      return readFileSync(join(this.app, "supervise", "status")).readUInt32LE(12);
    } catch {
      return 0;
    }
  }

  async serving(): Promise<void> {
    try {
      await waitUntil(`${this.app} serves`, () => this.ready());
    } catch (error) {
      const said = readFileSync(join(this.dir, "up.log"), "utf8").slice(-400);
      const state = /^State:.*$/m.exec(tryRead(`/proc/${this.pid}/status`))?.[0] ?? "gone";
      throw new Error(
        `${(error as Error).message}; process ${this.pid} ${state}; svtrace up said: ${said}; log: ${this.log.slice(-400)}`,
      );
    }
  }

  /** `svtrace svc -LETTER` on the service. */
  async svc(letter: string): Promise<void> {
    await this.must([svtracePath, "svc", `-${letter}`, this.app]);
  }

  /** Asks the service to restart, does `meanwhile`, and waits until it serves again. */
  async restart(meanwhile: () => Promise<unknown> | unknown = () => {}, letter = "t"): Promise<void> {
    const before = this.pid;
    await this.svc(letter);
    await meanwhile();
    await waitUntil("another main process", () => this.pid !== 0 && this.pid !== before, 90);
    await this.serving();
  }

  /** What `why` says, once the recording says that the service is ready. */
  async why(): Promise<WhyReport> {
    const ask = async () =>
      JSON.parse(await this.must([svtracePath, "why", "--json", this.app])) as WhyReport;
    return waitUntil(
      "a report of a start that is over",
      async () => {
        const report = await ask();
        return report.lifetime.pid === this.pid && report.lifetime.ready !== null && report;
      },
      40,
    );
  }

  /** The report as people see it. */
  whyText(): Promise<string> {
    return this.must([svtracePath, "why", this.app]);
  }

  /** What the service measured under a name: seconds, the last one. */
  measured(name: string): number {
    const text = existsSync(this.path("measured")) ? readFileSync(this.path("measured"), "utf8") : "";
    const all = [...text.matchAll(new RegExp(`^${name} ([\\d.]+)$`, "gm"))];
    if (all.length === 0) throw new Error(`the service did not measure ${name}: ${this.log.slice(-400)}`);
    return Number(all.at(-1)![1]);
  }

  static async closeAll(): Promise<void> {
    await Promise.all([...World.all].map((w) => w.close()));
  }

  async close(): Promise<void> {
    World.all.delete(this);
    if (World.keep !== undefined)
      cpSync(join(this.app, "trace", "recordings"), join(World.keep, basename(this.dir)), {
        recursive: true,
      });
    for (const action of this.undo.reverse()) {
      try {
        await action();
      } catch (error) {
        process.stderr.write(`scenario clean-up: ${(error as Error).message}\n`);
      }
    }
  }
}

/**
 * On a busy machine what others compute would be half of every start: with the privilege the service, and what it
 * waits for, come first. The kernel weighs sessions before processes, hence the session of its own.
 */
export function favoured(): string[] {
  if (process.getuid?.() !== 0) return [];
  const script = 'echo -15 2>/dev/null >/proc/self/autogroup; exec nice -n -15 "$@"';
  return ["setsid", "sh", "-c", script, "sh"];
}

/** Seconds since some moment. */
export const now = (): number => performance.now() / 1000;
