/** Stopped tasks that are to go on later. */
import type { Tracee } from "./tasks.ts";

interface Delay {
  readonly task: Tracee;
  /** Given to it when it goes on; 0 for none. */
  readonly signal: number;
  /** Monotonic ns. */
  readonly due: number;
}

export class Delays {
  /** By tid, few. */
  private readonly waiting = new Map<number, Delay>();

  get any(): boolean {
    return this.waiting.size > 0;
  }

  hold(task: Tracee, signal: number, due: number): void {
    this.waiting.set(task.tid, { task, signal, due });
  }

  /** It has died. */
  forget(tid: number): void {
    this.waiting.delete(tid);
  }

  /** Takes out those due at `now`; all of them for Infinity. */
  *take(now: number): Iterable<Delay> {
    for (const [tid, delay] of this.waiting) {
      if (delay.due > now) continue;
      this.waiting.delete(tid);
      yield delay;
    }
  }

  /** ns from `now` to when the next is due; Infinity if none waits. */
  untilNext(now: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { due } of this.waiting.values()) first = Math.min(first, due);
    return Math.max(0, first - now);
  }
}
