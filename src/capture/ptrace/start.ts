/** How a task comes under trace: started by us and stopped before its exec, or found running. */
import { SysError } from "../../base/errors.ts";
import { inheritedFds } from "../../kernel/fds.ts";
import { openFilesLimit, threads } from "../../kernel/proc.ts";
import { interrupt, seize } from "../../kernel/ptrace.ts";
import { addFilter } from "../../kernel/seccomp.ts";
import { ChildScript, type Spawned } from "../../kernel/spawn.ts";
import { waitStopped } from "../../kernel/tracewait.ts";
import type { Command } from "../engine.ts";

const SIGKILL = 9;
const RLIMIT_NOFILE = 7;

/**
 * Starts `command` and seizes it while it has stopped itself; its next acts are the installation of a filter for
 * the calls in `filter`, and the exec. Throws SysError, leaving nothing behind.
 */
export function startSeized(command: Command, filter: readonly number[] | undefined, flags: number): Spawned {
  const script = new ChildScript().inherit(inheritedFds());
  restoreOpenFiles(script);
  const { user } = command;
  if (user) script.setgroups(user.groups).setgid(user.gid).setuid(user.uid);
  script.stop();
  // not before the tracer is there: without one the calls to be reported fail with ENOSYS
  if (filter) addFilter(script, filter);
  const child = script.execve(command.path, command.argv, command.env).spawn({ waitForExec: false });
  if ((waitStopped(child.pid) & 0xff) !== 0x7f) {
    child.release();
    const hint = user ? `cannot become uid ${user.uid}; run as root` : "the child died before its exec";
    throw new SysError(`start ${command.path}`, 1, "EPERM", "Operation not permitted", hint);
  }
  try {
    seize(child.pid, flags);
  } catch (e) {
    process.kill(child.pid, SIGKILL);
    waitStopped(child.pid);
    child.release();
    throw e;
  }
  return child;
}

/** Node raises its soft limit to the hard one when it starts; our parent's is the best guess at what it was. */
function restoreOpenFiles(script: ChildScript): void {
  const own = openFilesLimit("self");
  const parent = openFilesLimit(process.ppid);
  if (own && parent && own.soft === own.hard && own.hard === parent.hard && parent.soft < own.soft) {
    script.rlimit(RLIMIT_NOFILE, parent.soft, parent.hard);
  }
}

/**
 * Seizes every thread of the process `pid` belongs to, `pid` first, and has them stop. Threads not yet seized can
 * create more meanwhile, so it looks until there is none it has not seen. Throws SysError if `pid` itself cannot
 * be attached to; a thread that cannot has ended, or was seized through its creator and will be announced by it.
 */
export function seizeThreads(pid: number, flags: number, known: (tid: number) => boolean): number[] {
  const seized: number[] = [];
  const seen = new Set<number>();
  const take = (tid: number): void => {
    seize(tid, flags);
    interrupt(tid);
    seized.push(tid);
  };
  if (!known(pid)) take(pid);
  seen.add(pid);
  for (let before = -1; before !== seen.size; ) {
    before = seen.size;
    for (const tid of threads(pid)) {
      if (seen.has(tid)) continue;
      seen.add(tid);
      if (known(tid)) continue;
      try {
        take(tid);
      } catch (e) {
        if (!(e instanceof SysError)) throw e;
      }
    }
  }
  return seized;
}
