/** Starting a command that is to be traced from its exec on. */
import { closeSync, openSync, readSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import { inheritedFds } from "../kernel/fds.ts";
import { ChildScript, type Spawned } from "../kernel/spawn.ts";
import { waitStopped } from "../kernel/tracewait.ts";
import type { Command } from "./engine.ts";

const SIGKILL = 9;

/**
 * Starts `command` as a child that stops itself before its exec; `take` puts it under trace meanwhile. What `more`
 * adds to the script comes between stop and exec. Throws SysError, leaving nothing behind.
 */
export function startStopped(
  command: Command,
  more: (script: ChildScript) => void,
  take: (pid: number) => void,
): Spawned {
  const script = new ChildScript().inherit(inheritedFds());
  const { user } = command;
  if (user) script.setgroups(user.groups).setgid(user.gid).setuid(user.uid);
  script.stop();
  more(script);
  const child = script.execve(command.path, command.argv, command.env).spawn({ waitForExec: false });
  if ((waitStopped(child.pid) & 0xff) !== 0x7f) {
    child.release();
    const hint = user ? `cannot become uid ${user.uid}; run as root` : "the child died before its exec";
    throw new SysError(`start ${command.path}`, 1, "EPERM", "Operation not permitted", hint);
  }
  try {
    take(child.pid);
  } catch (e) {
    process.kill(child.pid, SIGKILL);
    waitStopped(child.pid);
    child.release();
    throw e;
  }
  const release = () => {
    const error = child.failure();
    child.release();
    if (error) command.failed?.(error);
  };
  return { ...child, release };
}

/** An executable for 32-bit x86 (ELF class, gABI). */
export function isCompat(path: string): boolean {
  const head = Buffer.alloc(5);
  let fd = -1;
  try {
    fd = openSync(path, "r");
    readSync(fd, head);
  } catch {
    // the exec will say what is wrong with it
  }
  if (fd >= 0) closeSync(fd);
  return head.equals(Buffer.from("\x7fELF\x01", "latin1"));
}
