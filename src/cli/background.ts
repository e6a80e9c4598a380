/**
 * Tracing from aside: the calling process becomes the command, a tracer in a process of its own attaches to it
 * first. Its pid, parent and signals are the command's from the first instruction to the last.
 */
import { readSync } from "node:fs";
import { SysError, UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { replaceProcess } from "../kernel/exec.ts";
import { ownProgram } from "../kernel/inherited.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { readable } from "../kernel/poll.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { waitStopped } from "../kernel/tracewait.ts";
import { becomeAccount } from "../kernel/users.ts";
import { commandOf, execText } from "./strace/program.ts";
import type { StraceSettings } from "./strace/settings.ts";

/** A tracer that has not attached by now is not waited for: a service is to start soon, a trace that is needed is worth a wait. */
const PATIENCE_MS = 5000;
const NEEDED_PATIENCE_MS = 60_000;
const O_RDWR = 2;

export interface Background {
  readonly settings: StraceSettings;
  /** The options as given; the tracer reads them again. */
  readonly argv: readonly string[];
  /** 1 grandchild, 2 process group, 3 session of its own. */
  readonly level: 1 | 2 | 3;
  /** The trace is what is wanted: without it the command does not run. */
  readonly needed: boolean;
}

/** Starts the tracer, waits until it has attached and becomes the command, which a service does whatever goes wrong. */
export function traceInBackground(b: Background): never {
  const command = commandOf(b.settings);
  const problem = startTracer(b);
  if (problem && b.needed) throw new UsageError(problem);
  if (problem) tell(`${b.settings.text.program}: no trace: ${problem}\n`);
  const { path, argv, env, user } = command;
  // after the tracer has attached, which is to keep its own account
  try {
    return replaceProcess(path, argv, env, undefined, () => user && becomeAccount(user));
  } catch (error) {
    if (b.needed && error instanceof SysError) throw new UsageError(execText(error));
    throw error;
  }
}

/** Returns why there is no trace, or undefined once the tracer has attached. */
function startTracer(b: Background): string | undefined {
  const [reader, writer] = pipe();
  try {
    const script = new ChildScript().inherit([2, writer]);
    if (b.level === 3) script.setsid();
    if (b.level === 2) script.setpgid(0);
    script.forkAndLeave();
    script.openAs("/dev/null", O_RDWR, 0);
    if (b.settings.output === undefined || /^[|!]/.test(b.settings.output)) script.inherit([1]);
    const program = ownProgram();
    const args = [program, "tracer", String(process.pid), String(writer), b.settings.text.program, ...b.argv];
    const child = script.execve(program, args).spawn();
    closeFd(writer);
    waitStopped(child.pid);
    return answer(reader, b.needed ? NEEDED_PATIENCE_MS : PATIENCE_MS);
  } catch (error) {
    return error instanceof SysError ? error.message : String(error);
  } finally {
    closeFd(reader);
  }
}

function answer(reader: number, patience: number): string | undefined {
  const bytes = Buffer.alloc(4096);
  let text = "";
  const deadline = performance.now() + patience;
  while (!text.includes("\n")) {
    if (!readable(reader, deadline - performance.now()))
      return `the tracer did not attach within ${patience / 1000} s`;
    const n = readSync(reader, bytes);
    if (n === 0) return "the tracer ended before it had attached";
    text += bytes.toString("utf8", 0, n);
  }
  return text === "ok\n" ? undefined : text.trim();
}
