/** Runs an engine in a process of its own and collects what it reports. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect } from "vitest";
import { compiled, root, waitUntil } from "./helpers.ts";

/** What test/programs/abis.c calls: ABI, name, first argument. */
export const abiCalls = [
  ["i386", "getppid", 5],
  ["x32", "getppid", 7],
  ["x86_64", "syscall_0xffffffffffffffff", 8],
  ["x86_64", "getppid", 9],
];

export interface Line {
  readonly event: string;
  readonly tid: number;
  readonly pid: number;
  readonly comm: string;
  readonly [field: string]: unknown;
}

let dir = "";

/** The built recorder, to be run by Node; see engine-recorder.ts. */
export const recorderPath = (): string => join(dir, "recorder.mjs");

/** To be called before and after all tests of a file that uses what follows. */
export async function buildRecorder(): Promise<void> {
  // beside node_modules, where the bundle finds koffi
  dir = mkdtempSync(join(root, "node_modules/.engine-test-"));
  await build({
    entryPoints: [join(root, "test/engine-recorder.ts")],
    outfile: recorderPath(),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
}
export const removeRecorder = (): void => rmSync(dir, { recursive: true, force: true });

export interface RecorderOptions {
  readonly stderr?: "inherit" | "pipe";
  /** Command the recorder is run by. */
  readonly through?: readonly string[];
}

/** A running recorder and what it has written so far. */
export class Recorder {
  readonly lines: Line[] = [];
  readonly done: Promise<void>;
  readonly child: ChildProcess;
  private rest = "";

  constructor(job: object, { stderr = "inherit", through = [] }: RecorderOptions = {}) {
    const quiet = { quiet: true, options: { followForks: true } };
    const argv = [...through, process.execPath, recorderPath(), JSON.stringify({ ...quiet, ...job })];
    this.child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", stderr] });
    this.child.stdout!.on("data", (d: Buffer) => {
      const parts = (this.rest + d).split("\n");
      this.rest = parts.pop()!;
      for (const p of parts) if (p.startsWith('{"event"')) this.lines.push(JSON.parse(p));
    });
    // not its "close": a tracee that lives on has the pipe open, too
    this.done = new Promise((resolve) =>
      this.child.on("exit", (code) =>
        code !== 0
          ? resolve()
          : this.until("end").then(
              () => resolve(),
              () => resolve(),
            ),
      ),
    );
  }

  of(event: string): Line[] {
    return this.lines.filter((l) => l.event === event);
  }

  /** What the recorder counted. */
  get end(): Line {
    const [end] = this.of("end");
    expect(end, "the recorder came to its end").toBeDefined();
    return end;
  }

  until(event: string, match: (l: Line) => boolean = () => true): Promise<Line> {
    return waitUntil(
      `a ${event} that matches`,
      () => this.lines.find((l) => l.event === event && match(l)),
      60,
    );
  }
}

/** Runs a recorder to its end. */
export async function record(job: object, options?: RecorderOptions): Promise<Recorder> {
  const r = new Recorder(job, options);
  await r.done;
  expect(r.end).toBeDefined();
  return r;
}

export interface Ticker {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
}

/** test/programs/ticker.c, running, with so many threads more. */
export async function ticker(threads: number, through: readonly string[] = []): Promise<Ticker> {
  const argv = [...through, compiled("ticker"), String(threads)];
  const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  return { pid: child.pid!, child, ended };
}

/** A field of /proc/TID/status. */
export const field = (tid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(readFileSync(`/proc/${tid}/status`, "latin1"))?.[1] ?? "";

/** Who traces each thread of a process. */
export const tracers = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).map((t) => field(Number(t), "TracerPid"));
