/** Letting go of tracees so that they run on as if nothing had been there. */
import { monotonicNow } from "../../kernel/clock.ts";
import * as trace from "../../kernel/ptrace.ts";
import * as wait from "../../kernel/tracewait.ts";
import type { EventSink, Task } from "../event.ts";
import { classify, stopSignal } from "./stops.ts";

/**
 * A task that cannot be stopped in this time is left to the kernel, which detaches it when we end: a parent in
 * vfork() sleeps until its child execs.
 */
const PATIENCE_NS = 1e9;

/** Interrupts all tasks at once and detaches each as it stops. */
export function detachAll(
  tasks: readonly Task[],
  sink: EventSink,
  onOtherExit: (pid: number, status: number) => void,
): void {
  const left = new Map(tasks.map((t) => [t.tid, t]));
  for (const tid of left.keys()) {
    // a task already stopped can be let go at once
    if (trace.detach(tid, 0)) done(tid);
    else if (!trace.interrupt(tid) && !trace.isGone()) done(tid);
  }
  const deadline = monotonicNow() + PATIENCE_NS;
  while (left.size > 0 && monotonicNow() < deadline) {
    const pid = wait.waitFor(20);
    if (pid === wait.NO_CHILDREN) break;
    if (pid <= 0) continue;
    const { status } = wait.found;
    const stop = classify(status);
    const task = left.get(pid);
    if (!task) {
      if (stop === "exited" || stop === "killed") onOtherExit(pid, status);
      else trace.detach(pid, stop === "signal" ? stopSignal(status) : 0);
      continue;
    }
    if (stop === "exited" || stop === "killed") {
      left.delete(pid);
      const signal = status & 0x7f;
      sink.exited(
        task,
        signal === 0
          ? { status: (status >> 8) & 0xff, signal: undefined, coreDumped: false }
          : { status: undefined, signal, coreDumped: (status & 0x80) !== 0 },
        monotonicNow(),
      );
      continue;
    }
    trace.detach(pid, stop === "signal" ? stopSignal(status) : 0);
    done(pid);
  }
  for (const task of left.values()) sink.detached(task);

  function done(tid: number): void {
    const task = left.get(tid);
    left.delete(tid);
    if (task) sink.detached(task);
  }
}
