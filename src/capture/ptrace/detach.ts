/** Letting go of tracees so that they run on as if nothing had been there. */
import { monotonicNow } from "../../kernel/clock.ts";
import { status } from "../../kernel/proc.ts";
import { detach, interrupt } from "../../kernel/ptrace.ts";
import { found, NO_CHILDREN, pollOne } from "../../kernel/tracewait.ts";
import type { EventSink } from "../event.ts";
import type { Handlers } from "./handlers.ts";
import type { TaskTable } from "./tasks.ts";
import type { Waits } from "./waits.ts";

/** ns; whoever has not stopped by then is let go when it does (letGoLater), or by the kernel when we end. */
const PATIENCE = 9e8;
/** ns after which it is asked why the rest does not stop. */
const LOOK_AFTER = 1e8;

/** ms */
const LOOK_EVERY = 20;
/** ms between looks for those that take long. */
const LOOK_SELDOM = 500;

/** Interrupts all tasks at once and detaches each as it stops. Takes a second at most. */
export function detachAll(tasks: TaskTable, waits: Waits, handlers: Handlers, sink: EventSink): void {
  for (const task of tasks) {
    task.leaving = true;
    interrupt(task.tid);
  }
  handlers.releaseDelayed();
  const start = monotonicNow();
  // children born meanwhile, too: one that is forgotten before its first stop stays in that
  while (tasks.size > 0 || tasks.anyRetired) {
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
  // what no parent has told of by now
  for (const tid of tasks.heldSince(Number.POSITIVE_INFINITY)) {
    tasks.claim(tid);
    detach(tid, 0);
  }
  letGoLater(tasks, handlers, LOOK_EVERY);
}

/** Lets go of those that have not stopped yet as they do, in a process that lives on and has none to wait for them. */
function letGoLater(tasks: TaskTable, handlers: Handlers, ms: number): void {
  if (!tasks.anyRetired) return;
  const look = () => {
    for (const task of tasks.retired) {
      const result = pollOne(task.tid);
      if (result > 0) handlers.dispatch(task.tid, found.status, 0);
      else if (result === NO_CHILDREN) tasks.remove(task);
    }
    letGoLater(tasks, handlers, Math.min(2 * ms, LOOK_SELDOM));
  };
  setTimeout(look, ms).unref();
}

/** A parent in vfork() sleeps until its child execs, and no interrupt reaches it. */
function allInVfork(tasks: TaskTable): boolean {
  return [...tasks, ...tasks.retired].every((task) => status(task.tid)?.state === "D");
}
