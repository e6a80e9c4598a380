/** Letting go of tracees so that they run on as if nothing had been there. */
import { monotonicNow } from "../../kernel/clock.ts";
import { status } from "../../kernel/proc.ts";
import { detach, interrupt } from "../../kernel/ptrace.ts";
import type { EventSink } from "../event.ts";
import type { Handlers } from "./handlers.ts";
import type { TaskTable } from "./tasks.ts";
import type { Waits } from "./waits.ts";

/** ns; whoever has not stopped by then is let go when it does, or by the kernel when we end. */
const PATIENCE = 9e8;
/** ns after which it is asked why the rest does not stop. */
const LOOK_AFTER = 1e8;

/** ms */
const LOOK_EVERY = 20;

/** Interrupts all tasks at once and detaches each as it stops. Takes a second at most. */
export function detachAll(tasks: TaskTable, waits: Waits, handlers: Handlers, sink: EventSink): void {
  handlers.releaseHeld(Number.POSITIVE_INFINITY);
  for (const task of tasks) {
    task.leaving = true;
    interrupt(task.tid);
  }
  const start = monotonicNow();
  for (const tid of tasks.heldSince(start)) {
    tasks.claim(tid);
    detach(tid, 0);
  }
  while (tasks.size > 0) {
    if (waits.next(LOOK_EVERY, true)) handlers.dispatch(waits.pid, waits.status, waits.stime);
    else if (waits.empty) break;
    const passed = monotonicNow() - start;
    if (passed > PATIENCE || (passed > LOOK_AFTER && allInVfork(tasks))) break;
  }
  waits.done();
  for (const task of [...tasks]) {
    tasks.retire(task);
    sink.detached(task);
  }
}

/** A parent in vfork() sleeps until its child execs, and no interrupt reaches it. */
function allInVfork(tasks: TaskTable): boolean {
  for (const task of tasks) if (status(task.tid)?.state !== "D") return false;
  return true;
}
