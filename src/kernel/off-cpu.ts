/** For how long sleeping tasks have not run. */
import { readFileSync } from "node:fs";
import { monotonicNow } from "./clock.ts";
import { startedAt } from "./proc.ts";

/** What a start time in /proc is inexact by. */
const START_INEXACT = 20e6;

/** ns that a sleeping task has not run; undefined where the kernel does not tell. */
export function offCpu(tid: number): number | undefined {
  const started = startedAt(tid);
  if (started === undefined) return undefined;
  return sinceRan(sched(tid), sched(process.pid), monotonicNow() - started - START_INEXACT);
}

/** The same from /proc/TID/sched of it and of a task that runs; no task has slept for longer than its age. */
export function sinceRan(its: string, running: string, age: number): number | undefined {
  const ran = lastRan(its);
  const now = lastRan(running);
  return ran === undefined || now === undefined ? undefined : Math.max(0, Math.min(now - ran, age));
}

/** The kernel writes 0 when it moves a task to another CPU, which happens to sleeping ones too: when it ran is unknown then. */
function lastRan(text: string): number | undefined {
  const ms = Number(/^se\.exec_start\s*:\s*([\d.]+)/m.exec(text)?.[1]);
  return ms > 0 ? ms * 1e6 : undefined;
}

function sched(tid: number): string {
  try {
    return readFileSync(`/proc/${tid}/sched`, "latin1");
  } catch {
    return "";
  }
}
