/** `svtrace up DIR`: supervises the services of DIR and records those that have a trace/ directory. */
import { constants, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../base/errors.ts";
import { onEnd } from "../kernel/children.ts";
import { parentsFileLimit, replaceProcess } from "../kernel/exec.ts";
import { resources } from "../kernel/limits.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { ask, HOME, lockHome, serve } from "../supervise/api.ts";
import { fault } from "../supervise/fault.ts";
import { handedFds, handOverPipes } from "../supervise/log-pipe.ts";
import { ScanDirectory } from "../supervise/scan.ts";
import { isDirectory } from "../supervise/service-files.ts";

const USAGE = `usage: svtrace up DIR                    run every service in DIR (a directory with a \`run\` program) until TERM, INT or HUP
       svtrace up --wait[=SECONDS] DIR   in the background; returns when every service is ready (60 seconds at most)
       svtrace up --replace DIR          have the supervisor of DIR become this version; services run on
       svtrace up --stop DIR             end the services and the supervisor of DIR`;

const DEFAULT_WAIT_S = 60;
const ANSWER_MS = 10_000;
const START_MS = 15_000;
const POLL_MS = 50;
const O_RDWR = 2;
/** pid 1 of a container hands these on to its services. */
const FORWARDED = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGALRM"] as const;
const BYTES = { SIGHUP: "h", SIGUSR1: "1", SIGUSR2: "2", SIGQUIT: "q", SIGALRM: "a" } as const;

export async function main(argv: string[]): Promise<number> {
  const { values, dir } = parse(argv);
  if (values.stop) return tell(dir, "stop");
  if (values.replace) return tell(dir, "replace");
  if (values.wait !== undefined) return inBackground(dir, values.wait);
  return supervise(dir);
}

interface Parsed {
  readonly values: { readonly wait?: number; readonly replace?: boolean; readonly stop?: boolean };
  readonly dir: string;
}

function parse(argv: readonly string[]): Parsed {
  // --wait takes a value only when it is attached
  const args = argv.map((a) => (a === "--wait" ? `--wait=${DEFAULT_WAIT_S}` : a));
  let parsed: {
    values: { wait?: string; replace?: boolean; stop?: boolean; help?: boolean };
    positionals: string[];
  };
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        wait: { type: "string" },
        replace: { type: "boolean" },
        stop: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`svtrace up: ${(error as Error).message}\n${USAGE}`);
  }
  const { values, positionals } = parsed;
  const wait = values.wait === undefined ? undefined : Number(values.wait);
  const chosen = [wait !== undefined, values.replace, values.stop].filter(Boolean).length;
  if (values.help || positionals.length !== 1 || chosen > 1 || (wait !== undefined && !(wait > 0))) {
    throw new UsageError(USAGE);
  }
  if (!isDirectory(positionals[0])) throw new UsageError(`${positionals[0]}: not a directory`);
  return { values: { ...values, wait }, dir: resolve(positionals[0]) };
}

async function supervise(dir: string): Promise<number> {
  const program = resolve(process.argv[1]);
  if (lockHome(dir) === undefined) {
    throw new UsageError(`${dir}: another svtrace up supervises it; svtrace up --replace ${dir} renews that`);
  }
  const command = [process.execPath, program, "recorder", join(dir, HOME)];
  const scan = new ScanDirectory(dir, { program: "svtrace up", recorder: { command } });
  const asked = new Promise<void>((done) => {
    const first = process.pid === 1;
    for (const signal of ["SIGTERM", "SIGINT", ...(first ? [] : (["SIGHUP"] as const))] as const) {
      process.on(signal, () => done());
    }
    for (const signal of first ? FORWARDED : []) {
      process.on(signal, () => {
        for (const service of scan.services) service.command(BYTES[signal]);
      });
    }
    serve(dir, { scan, stop: done, replace: (main) => become(main ?? program, dir, scan) });
  });
  await scan.start();
  await asked;
  await scan.stop();
  process.exit(0);
}

/** Execs: same pid, our children stay ours, the log pipes stay open. */
function become(program: string, dir: string, scan: ScanDirectory): string {
  fault("replace:begin");
  try {
    const env = handOverPipes(scan.pipes);
    const argv = [process.execPath, ...process.execArgv, program, "up", dir];
    return replaceProcess(process.execPath, argv, env, handedFds());
  } catch (error) {
    return (error as Error).message;
  }
}

async function tell(dir: string, op: "stop" | "replace"): Promise<number> {
  try {
    const request = op === "replace" ? { op, main: resolve(process.argv[1]) } : { op };
    const before = await ask(dir, request, ANSWER_MS);
    if (before.error !== undefined) return fail(dir, before.error);
    if (op === "stop") return await untilGone(dir);
    const after = await answering(dir);
    if (after === undefined) return fail(dir, "the supervisor does not answer after it was replaced");
    process.stdout.write(`${dir}: supervisor replaced (pid ${after})\n`);
    return 0;
  } catch (error) {
    return fail(dir, reason(error));
  }
}

/** The pid of the supervisor, once it answers. */
async function answering(dir: string): Promise<number | undefined> {
  for (const end = performance.now() + START_MS; performance.now() < end; ) {
    await new Promise((r) => setTimeout(r, POLL_MS));
    try {
      return (await ask(dir, { op: "status" }, ANSWER_MS)).pid;
    } catch {
      // it is not there yet
    }
  }
  return undefined;
}

async function untilGone(dir: string): Promise<number> {
  for (;;) {
    try {
      await ask(dir, { op: "status" }, ANSWER_MS);
    } catch {
      return 0;
    }
    await new Promise((r) => setTimeout(r, POLL_MS));
  }
}

async function inBackground(dir: string, seconds: number): Promise<number> {
  const began = performance.now();
  const left = () => Math.max(1, seconds * 1000 - (performance.now() - began));
  if (!(await answers(dir))) {
    let ended: number | undefined;
    onEnd(startDetached(dir), (status) => {
      ended = status;
    });
    while (!(await answers(dir))) {
      if (ended !== undefined || left() <= 1) {
        return fail(dir, `the supervisor did not start; ${join(dir, HOME, "up.log")} says why`);
      }
      await new Promise((r) => setTimeout(r, POLL_MS));
    }
  }
  try {
    const { error, services = [] } = await ask(dir, { op: "wait" }, left());
    if (error !== undefined) return fail(dir, error);
    const ready = services.filter((s) => s.ready).length;
    process.stdout.write(`${dir}: ${ready} services ready\n`);
    return 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ETIMEDOUT") return fail(dir, reason(error));
    const { services = [] } = await ask(dir, { op: "status" }, ANSWER_MS);
    const late = services.filter((s) => !s.ready && s.state !== "down");
    const text = late.map((s) =>
      s.waitsFor.length > 0 ? `${s.name} (needs ${s.waitsFor.join(", ")})` : s.name,
    );
    return fail(dir, `not ready after ${seconds} s: ${text.join(", ")}`);
  }
}

async function answers(dir: string): Promise<boolean> {
  try {
    return (await ask(dir, { op: "status" }, ANSWER_MS)).ok === true;
  } catch {
    return false;
  }
}

/** A session of its own, messages to DIR/.svtrace/up.log. */
function startDetached(dir: string): number {
  const home = join(dir, HOME);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const log = openSync(
    join(home, "up.log"),
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT,
    0o600,
  );
  const args = [process.execPath, resolve(process.argv[1]), "up", dir];
  const limit = parentsFileLimit();
  const script = new ChildScript().setsid().openAs("/dev/null", O_RDWR, 0).dup2(log, 1).dup2(log, 2);
  if (limit) script.rlimit(resources.NOFILE, ...limit);
  return script.execve(process.execPath, args).spawn().pid;
}

const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED" ? "no svtrace up runs there" : message;
};

function fail(dir: string, why: string): number {
  process.stderr.write(`svtrace up: ${dir}: ${why}\n`);
  return 1;
}
