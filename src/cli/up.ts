/** `svtrace up DIR`: supervises the services of DIR and records those that have a trace/ directory. */

import { constants, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { tell as complain } from "../base/stderr.ts";
import { becomeSubreaper, onEnd } from "../kernel/children.ts";
import { replaceProcess } from "../kernel/exec.ts";
import { ownProgram } from "../kernel/inherited.ts";
import { lives } from "../kernel/proc.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { ask, HOME, lockHome, serve } from "../supervise/api.ts";
import { fault } from "../supervise/fault.ts";
import { handedFds, handOver } from "../supervise/handed.ts";
import { keepGoing } from "../supervise/keep-going.ts";
import { sharedLogger } from "../supervise/logger/process.ts";
import { ScanDirectory } from "../supervise/scan.ts";
import { isDirectory } from "../supervise/service-files.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";

const DEFAULT_WAIT_S = 60;
const ANSWER_MS = 10_000;
const START_MS = 15_000;
const POLL_MS = 50;
/** A child of one that has just died, or that we were, may be about to close its copy of the lock: so long (ms) it may take. */
const LOCK_MS = 1000;
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
  const program = table("up");
  const { values, operands } = parseArguments(program, argv);
  const [dir] = operands;
  const chosen = ["wait", "replace", "stop"].filter((o) => values.has(o));
  if (chosen.length > 1) throw wrong(program, `--${chosen.join(" and --")} do not go together`);
  const wait = values.has("wait") ? Number(values.get("wait") || DEFAULT_WAIT_S) : undefined;
  if (wait !== undefined && !(wait > 0))
    throw wrong(program, `--wait=${values.get("wait")}: not a number of seconds`);
  if (!isDirectory(dir)) throw new UsageError(`${dir}: not a directory`);
  return { values: { wait, replace: values.has("replace"), stop: values.has("stop") }, dir: resolve(dir) };
}

async function supervise(dir: string): Promise<number> {
  const program = ownProgram();
  if (!(await locked(dir))) {
    throw new UsageError(
      `${dir}: another supervisor has it; if that is svtrace up, svtrace up --replace ${dir} renews it`,
    );
  }
  const command = [program, "recorder", join(dir, HOME)];
  const scan = new ScanDirectory(dir, {
    program: "svtrace up",
    recorder: { command },
    logging: sharedLogger(dir, "svtrace up", true),
    shown: printable,
  });
  keepGoing("svtrace up");
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
  // orphans of any kind come to pid 1, whether a service has been started or not
  if (process.pid === 1) becomeSubreaper();
  try {
    await scan.start();
  } catch (error) {
    complain(`svtrace up: ${(error as Error).message}\n`);
    process.exit(1);
  }
  await asked;
  await scan.stop();
  process.exit(0);
}

/** Whether the directory's lock could be had. */
async function locked(dir: string): Promise<boolean> {
  for (const end = performance.now() + LOCK_MS; lockHome(dir) === undefined; ) {
    if (performance.now() > end) return false;
    await new Promise((r) => setTimeout(r, POLL_MS));
  }
  return true;
}

/** Execs: same pid, our children stay ours, the log pipes and the FIFOs for commands stay open. */
function become(program: string, dir: string, scan: ScanDirectory): string {
  fault("replace:begin");
  const handed = handOver(scan.kept, scan.nameless);
  try {
    return replaceProcess(program, [program, "up", dir], handed.environment, handedFds());
  } catch (error) {
    handed.takeBack();
    return (error as Error).message;
  }
}

async function tell(dir: string, op: "stop" | "replace"): Promise<number> {
  try {
    const { pid = 0 } = await ask(dir, { op: "status" }, ANSWER_MS);
    // not so in another pid namespace: its death cannot be seen from here
    const seen = lives(pid);
    const request = op === "replace" ? { op, main: ownProgram() } : { op };
    const { error } = await ask(dir, request, ANSWER_MS);
    if (error !== undefined) return fail(dir, error);
    if (op === "stop") return await untilGone(dir);
    const after = await answering(dir, () => seen && !lives(pid));
    if (after === "died") {
      return fail(
        dir,
        `the supervisor (pid ${pid}) died as it was replaced; svtrace up ${dir} takes over its services`,
      );
    }
    if (after === undefined) return fail(dir, "the supervisor does not answer after it was replaced");
    process.stdout.write(`${dir}: supervisor replaced (pid ${after})\n`);
    return 0;
  } catch (error) {
    return fail(dir, reason(error));
  }
}

/** The pid of the supervisor, once it answers; "died" if it is seen to have. */
async function answering(dir: string, died: () => boolean): Promise<number | "died" | undefined> {
  for (const end = performance.now() + START_MS; performance.now() < end; ) {
    await new Promise((r) => setTimeout(r, POLL_MS));
    if (died()) return "died";
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
    process.stdout.write(`${dir}: ${ready} service${ready === 1 ? "" : "s"} ready\n`);
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
  const program = ownProgram();
  const script = new ChildScript().setsid().openAs("/dev/null", O_RDWR, 0).dup2(log, 1).dup2(log, 2);
  return script.execve(program, [program, "up", dir]).spawn().pid;
}

const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED" ? "no svtrace up runs there" : message;
};

function fail(dir: string, why: string): number {
  complain(`svtrace up: ${printable(`${dir}: ${why}`)}\n`);
  return 1;
}
