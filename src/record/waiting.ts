/** What calls under way say: what is waited for, who holds it, and whether the service is ready. */

import { waitChannel } from "../kernel/tasks.ts";
import { holderOf } from "./holders.ts";
import type { OpenCalls } from "./open-calls.ts";
import { REST, type Readiness } from "./readiness.ts";
import * as ready from "./ready.ts";
import type { Targets } from "./targets.ts";

/** Calls that took this long (ns) get their target looked up. */
export const SLOW = 0.5e6;
/** Open calls this old (ns) are looked at while starting. */
export const BLOCKED = 20e6;

/** Functions of fs/pipe.c in which the opening of a FIFO, reading and writing wait (Linux 5.3 to 6.18). */
const FIFO = /^(wait_for_partner|fifo_open|(anon_|fifo_)?pipe_(read|write|wait))$/;

/** Nothing else tells a FIFO from a file without asking its file system, which may be what hangs. */
const waitsForFifo = (tid: number): boolean => FIFO.test(waitChannel(tid));

export class Waiting {
  constructor(
    private readonly open: OpenCalls,
    private readonly targets: Targets,
    private readonly readiness: Readiness,
    /** Thread `tid` waits since `ts` for what `holder` holds. */
    private readonly onHolder: (ts: number, tid: number, holder: string) => void,
  ) {}

  /** Looks at calls at least `age` ns old. `stopping`: nothing is a sign of readiness any more. */
  examine(now: number, age: number, stopping: boolean): void {
    for (const open of this.open.all()) {
      const { task, info } = open;
      const { entry, name, args } = task.call;
      const since = now - entry;
      if (since < age) continue;
      const text = open.text?.args.text ?? "";
      if (open.target === "" && open.text !== undefined) {
        const target = this.targets.of(task, info, text, since, SLOW);
        open.target = target.startsWith("/") && waitsForFifo(task.tid) ? `fifo:${target}` : target;
      }
      if (!stopping && since >= BLOCKED && info.clients && !ready.onlyLooks(name, args, text))
        this.readiness.awaits(open.target, entry, task, false);
      if (info.idle && since >= REST) this.readiness.rests(task.pid, task.tid, entry);
      if (info.locks && !open.asked) {
        open.asked = true;
        const holder = holderOf(task, text);
        if (holder !== undefined) this.onHolder(entry, task.tid, holder);
      }
    }
  }

  /** Some thread is in a call that a slow start may be in. */
  mayBeStarting(): boolean {
    for (const { task, target } of this.open.all())
      if (ready.mayBeStarting(task.call.name, target)) return true;
    return false;
  }
}
