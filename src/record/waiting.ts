/** What calls under way say: what is waited for, who holds it, and whether the service is ready. */

import type { Task } from "../capture/event.ts";
import { waitsForFifo } from "../kernel/tasks.ts";
import { futexWait, holderOf } from "./holders.ts";
import type { OpenCalls } from "./open-calls.ts";
import { REST, type Readiness } from "./readiness.ts";
import * as ready from "./ready.ts";
import { isUnknown, type Targets } from "./targets.ts";

/** Calls that took this long (ns) get their target looked up. */
export const SLOW = 0.5e6;
/** Open calls this old (ns) are looked at while starting. */
export const BLOCKED = 20e6;

export interface Circumstances {
  /** Nothing is a sign of readiness any more. */
  readonly stopping: boolean;
  /** A call that began later (ns) is no such sign either: of what happened before it not all may have been told. */
  readonly told: number;
  /** Whether what is waited for is looked up: `once` for each call, `again` if there is no later look, not at all. */
  readonly lookUp: "once" | "again" | "no";
}

/** The owner of the mutex that a task waits for, as a target; "" when it is not known. */
function ownerOf(task: Task): string {
  const owner = futexWait(task)?.owner;
  return owner === undefined ? "" : `thread:${owner}`;
}

export class Waiting {
  constructor(
    private readonly open: OpenCalls,
    private readonly targets: Targets,
    private readonly readiness: Readiness,
    /** Thread `tid` waits since `ts` for what `holder` holds. */
    private readonly onHolder: (ts: number, tid: number, holder: string) => void,
  ) {}

  /** Looks at calls at least `age` ns old. */
  examine(now: number, age: number, { stopping, told, lookUp }: Circumstances): void {
    for (const open of this.open.all()) {
      const { task, info } = open;
      const { entry, name, args } = task.call;
      const since = now - entry;
      if (since < age) continue;
      const text = open.text?.args.text ?? "";
      if ((open.target === "" || isUnknown(open.target)) && open.text !== undefined && lookUp !== "no") {
        const target = this.targets.of(task, info, text, since, SLOW);
        open.target = target.startsWith("/") && waitsForFifo(task.tid) ? `fifo:${target}` : target;
      }
      if (
        !stopping &&
        since >= BLOCKED &&
        entry <= told &&
        info.clients &&
        !ready.onlyLooks(name, args, text)
      )
        this.readiness.awaits(open.target, entry, task, false);
      if (info.idle && since >= REST) this.readiness.rests(task.pid, task.tid, entry);
      if (lookUp === "no" || (open.asked && lookUp !== "again")) continue;
      // whoever has a mutex in the end is whom the others wait for, whoever had it before
      if (info.futex) open.target = ownerOf(task);
      else if (info.locks && !open.asked) {
        const holder = holderOf(task, text);
        if (holder !== undefined) this.onHolder(entry, task.tid, holder);
      }
      open.asked = true;
    }
  }

  /** Some thread is in a call that a slow start may be in. */
  mayBeStarting(): boolean {
    for (const { task, target } of this.open.all())
      if (ready.mayBeStarting(task.call.name, target)) return true;
    return false;
  }
}
