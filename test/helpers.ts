/** What the tests share: commands with a time limit, directories, compiled programs, waiting, skipping with a reason. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";

/** npm and vitest both run things in the project's directory; a bundle of this file is elsewhere. */
export const root = process.cwd();
/** Whether all is run that can be, however long it takes: SVTRACE_LONG=1. Otherwise what tells most. */
export const long = process.env.SVTRACE_LONG === "1";
export const svtracePath = join(root, "bin/svtrace");

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Wall time in seconds. */
  readonly seconds: number;
}

export interface RunOptions {
  /** Seconds; after them the whole process group is killed and the promise is rejected. */
  readonly timeout?: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
}

/** Runs a command to its end. Rejects if it does not end in time, never because of its status. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { timeout = 30, cwd, env = process.env, input } = options;
  return new Promise((settle, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(argv[0], argv.slice(1), { cwd, env, detached: true, stdio: "pipe" });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (d) => out.push(d));
    child.stderr.on("data", (d) => err.push(d));
    // A command that ends without reading its input is no failure.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    const text = (parts: Buffer[]) => Buffer.concat(parts).toString("latin1");
    const timer = setTimeout(() => {
      killGroup(child);
      reject(
        new Error(
          `${argv.join(" ")}: not finished after ${timeout} s\n${text(out).slice(-500)}\n${text(err).slice(-500)}`,
        ),
      );
    }, timeout * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      settle({
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        status,
        signal,
        seconds,
      });
    });
  });
}

/** `bin/svtrace` with arguments. */
export const svtrace = (args: readonly string[], options?: RunOptions): Promise<Finished> =>
  run([svtracePath, ...args], options);

/** Starts a command that lives as long as the test at most. */
export function start(
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const child = spawn(argv[0], argv.slice(1), {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout?.resume();
  child.stderr?.resume();
  onTestFinished(async () => {
    killGroup(child);
    if (child.exitCode === null && child.signalCode === null) await new Promise((r) => child.once("exit", r));
  });
  return child;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // the group is gone
  }
}

/** A directory that is removed when the test is over. */
export function tempDir(name = "test"): string {
  const dir = mkdtempSync(join(tmpdir(), `svtrace-${name}-`));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

export const sleep = (seconds: number): Promise<void> => new Promise((r) => setTimeout(r, seconds * 1000));

/** Waits until `probe` gives something true, and returns it. `what` says in the error what did not happen. */
export async function waitUntil<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeout = 10,
): Promise<Exclude<T, null | undefined | false | 0 | "">> {
  const end = Date.now() + timeout * 1000;
  let last: unknown;
  for (;;) {
    try {
      const result = await probe();
      if (result) return result as never;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${timeout} s in vain: ${what}${last ? ` (${(last as Error).message})` : ""}`);
    }
    await sleep(0.02);
  }
}

/** Where a program is, or undefined. Servers are in sbin, which not everybody's PATH has. */
export function which(program: string): string | undefined {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return dirs.map((d) => join(d, program)).find((p) => existsSync(p) && statSync(p).isFile());
}

/** Debian's own program: not a link to, or a wrapper by, something else of the same name earlier in PATH. */
export function debian(program: string): string | undefined {
  return ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map((d) => join(d, program)).find((p) => existsSync(p));
}

/** Debian's, where there is one: a wrapper of the same name takes ten times as long to start. */
export const python = debian("python3") ?? "python3";

/** Why a test that needs these programs cannot run, or "" when it can. */
export function lacks(...programs: string[]): string {
  const missing = programs.filter((p) => !which(p));
  return missing.length > 0 ? `${missing.join(", ")} not installed` : "";
}

/** Why no 32-bit program can be compiled, or run, or "". */
export function no32Bit(): string {
  let program: string;
  try {
    program = compiled("pause", "-m32");
  } catch {
    return "no libraries to compile for 32 bits";
  }
  return spawnSync(program).status === 0 ? "" : "this kernel runs no 32-bit programs";
}

export const notRoot = (): string => (process.getuid?.() === 0 ? "" : "not root");

/** Why the bpf engine cannot run here, or "". */
export function noBpf(): string {
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "the kernel has no type information";
  const held = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "latin1"))![1]}`);
  const [SYS_ADMIN, PERFMON, BPF] = [21n, 38n, 39n];
  const has = (n: bigint) => ((held >> n) & 1n) === 1n;
  return has(SYS_ADMIN) || (has(PERFMON) && has(BPF)) ? "" : "no capabilities BPF and PERFMON";
}

/** Name and options of a test that is skipped, with the reason in its name, when there is one. */
export function needs(name: string, ...reasons: string[]): [string, { skip: boolean }] {
  const why = reasons.filter((r) => r !== "").join("; ");
  return [why === "" ? name : `${name} (skipped: ${why})`, { skip: why !== "" }];
}

/** Compiles test/programs/NAME.c into test/out/ unless that is newer; returns the program's path. */
export function compiled(name: string, ...flags: string[]): string {
  const source = join(root, "test/programs", `${name}.c`);
  const suffix = flags.map((f) => f.replace(/[^\w]/g, "")).join("");
  const program = join(root, "test/out", suffix ? `${name}.${suffix}` : name);
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(join(root, "test/out"), { recursive: true });
  // Test files may compile the same program at the same time.
  const own = `${program}.${process.pid}`;
  execFileSync("gcc", ["-O1", "-pthread", ...flags, "-o", own, source], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  renameSync(own, program);
  return program;
}

/** State letter of a process in /proc (`T` stopped, `t` stopped by a tracer, `Z` dead), or undefined if it is gone. */
export function processState(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1").slice(-400))?.[1];
  } catch {
    return undefined;
  }
}

export const umaskOf = (pid: number): string | undefined =>
  /^Umask:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];

export const isAlive = (pid: number): boolean => ![undefined, "Z", "X"].includes(processState(pid));

/** A port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });
}

/** Sends one line to a loopback port and returns what comes back until the peer closes. */
export function ask(port: number, line: string): Promise<string> {
  return new Promise((settle, reject) => {
    const socket = createConnection(port, "127.0.0.1");
    let answer = "";
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (d) => {
      answer += d;
    });
    socket.on("error", reject);
    socket.on("close", () => settle(answer));
  });
}
