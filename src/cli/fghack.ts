/** `fghack child`: stays until everything that child started has closed its descriptors, so that child seems to run in the foreground. */
import { accessSync, constants, readSync, statSync } from "node:fs";
import { textOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { candidates } from "../kernel/exec-path.ts";
import { inheritedFds } from "../kernel/fds.ts";
import { lastArguments, startingEnvironment } from "../kernel/own-memory.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { endSignal, exitCode, waitForEnd } from "../kernel/wait.ts";
import { djbMain, Fatal, USAGE_EXIT } from "../supervise/chain.ts";

/** A daemon that closes the first descriptors it knows of hardly closes all of these. */
const COPIES = 30;
const FIRST_COPY = 10;

export function main(argv: string[]): Promise<number> {
  return djbMain("fghack", () => {
    if (argv.length === 0) throw new UsageError("fghack: usage: fghack child", USAGE_EXIT);
    const passed = inheritedFds();
    const [reader, writer] = pipe();
    const pid = start(argv.length, writer, passed);
    closeFd(writer);
    const byte = Buffer.alloc(1);
    while (readSync(reader, byte) > 0);
    const status = waitForEnd(pid);
    if (endSignal(status) !== 0) throw new Fatal("child crashed");
    return exitCode(status);
  });
}

function start(count: number, writer: number, passed: readonly number[]): number {
  const args = lastArguments(count);
  const env = startingEnvironment();
  const script = new ChildScript().inherit(passed);
  let copies = 0;
  for (let fd = FIRST_COPY; copies < COPIES; fd++) {
    // where ours lie is nobody's business: they are close-on-exec
    if (passed.includes(fd) || fd === writer) continue;
    script.dup2(writer, fd);
    copies++;
  }
  const places = candidates(args[0], process.env.PATH);
  try {
    return script.execve(places.find(isExecutable) ?? places[0], args, env).spawn().pid;
  } catch (error) {
    throw new Fatal(`unable to run ${textOf(args[0])}`, error);
  }
}

function isExecutable(path: Uint8Array): boolean {
  try {
    accessSync(Buffer.from(path), constants.X_OK);
    return statSync(Buffer.from(path)).isFile();
  } catch {
    return false;
  }
}
