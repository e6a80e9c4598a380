/** How a task comes under trace: started by us and stopped before its exec, or found running. */
import { SysError } from "../../base/errors.ts";
import { threads } from "../../kernel/proc.ts";
import { interrupt, seize } from "../../kernel/ptrace.ts";
import { addFilter } from "../../kernel/seccomp.ts";
import type { Spawned } from "../../kernel/spawn.ts";
import type { Command } from "../engine.ts";
import { startStopped } from "../start.ts";

/**
 * Starts `command` and seizes it while it has stopped itself; its next acts are the installation of a filter for
 * the calls in `filter`, and the exec. Throws SysError, leaving nothing behind.
 */
export function startSeized(command: Command, filter: readonly number[] | undefined, flags: number): Spawned {
  return startStopped(
    command,
    // not before the tracer is there: without one the calls to be reported fail with ENOSYS
    (script) => {
      if (filter) addFilter(script, filter);
    },
    (pid) => seize(pid, flags),
  );
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
