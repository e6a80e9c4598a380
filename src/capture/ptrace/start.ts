/** Starting a command so that it is seized before its first instruction. */
import { readFileSync } from "node:fs";
import { inheritedFds } from "../../kernel/fds.ts";
import { addFilter } from "../../kernel/seccomp.ts";
import { ChildScript, type Spawned } from "../../kernel/spawn.ts";
import { waitStopped } from "../../kernel/tracewait.ts";
import type { Command } from "../engine.ts";

const RLIMIT_NOFILE = 7;

/** The limit on open files our parent has: Node raises its own soft limit to the hard one when it starts. */
function parentsFileLimit(): readonly [soft: bigint, hard: bigint] | undefined {
  try {
    const text = readFileSync(`/proc/${process.ppid}/limits`, "latin1");
    const m = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text);
    const value = (s: string) => (s === "unlimited" ? 0xffffffffffffffffn : BigInt(s));
    return m ? [value(m[1]), value(m[2])] : undefined;
  } catch {
    return undefined;
  }
}

/** Starts the command; when this returns the child has stopped itself and its next act is the exec. Throws SysError. */
export function startStopped(command: Command, seccompFor: readonly number[] | undefined): Spawned {
  const script = new ChildScript().inherit(inheritedFds());
  const limit = parentsFileLimit();
  if (limit) script.rlimit(RLIMIT_NOFILE, limit[0], limit[1]);
  if (command.user) script.setgroups(command.user.groups).setgid(command.user.gid).setuid(command.user.uid);
  script.stop();
  if (seccompFor) addFilter(script, seccompFor);
  const child = script.execve(command.path, command.argv, command.env).spawn({ waitForExec: false });
  const status = waitStopped(child.pid);
  if ((status & 0xff) !== 0x7f) {
    child.release();
    throw new Error(`${command.path}: the process to be traced died before it was started`);
  }
  return child;
}
