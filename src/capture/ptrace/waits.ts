/**
 * Where statuses come from. Looking costs a microsecond, sleeping in wait4() two context switches, so before it
 * sleeps it looks for as long as that has lately paid off. With several tasks, all that is there is drained before
 * any of it is handled, so that a busy thread cannot starve the others.
 */
import { found, NO_CHILDREN, NOTHING, poll, pollUsage, systemTime, waitFor } from "../../kernel/tracewait.ts";

/** Looks at most; about what being put to sleep and woken takes. */
const LOOKS_MAX = 128;
const LOOKS_MIN = 4;

export class Waits {
  /** What `next` found. */
  pid = 0;
  status = 0;
  /** CPU time in system mode of that task, ns; only with `cpuTimes`. */
  stime = 0;
  /** `next` found nothing because no tracee and no child is left. */
  empty = false;

  private readonly queue: number[] = [];
  private head = 0;
  private looks = LOOKS_MIN;
  private readonly poll: () => number;

  constructor(
    private readonly cpuTimes: boolean,
    private readonly onIdle: (() => void) | undefined,
  ) {
    this.poll = cpuTimes ? pollUsage : poll;
  }

  /** Takes the next status; false when there was none for `maxWait` ms, or a signal of our own arrived. */
  next(maxWait: number, several: boolean): boolean {
    this.empty = false;
    if (this.head === this.queue.length) {
      const result = this.take(maxWait);
      if (result <= 0) {
        this.empty = result === NO_CHILDREN;
        return false;
      }
      if (!several) {
        this.pid = found.pid;
        this.status = found.status;
        if (this.cpuTimes) this.stime = systemTime();
        return true;
      }
      this.drain();
    }
    this.pid = this.queue[this.head++];
    this.status = this.queue[this.head++];
    this.stime = this.queue[this.head++];
    return true;
  }

  private drain(): void {
    this.queue.length = 0;
    this.head = 0;
    do this.queue.push(found.pid, found.status, this.cpuTimes ? systemTime() : 0);
    while (this.poll() > 0);
  }

  private take(maxWait: number): number {
    let result = this.poll();
    if (result !== NOTHING || maxWait <= 0) return result;
    for (let i = this.looks; i > 0; i--) {
      result = this.poll();
      if (result !== NOTHING) {
        this.looks = Math.min(LOOKS_MAX, this.looks + 8);
        return result;
      }
    }
    this.looks = Math.max(LOOKS_MIN, this.looks >> 1);
    this.onIdle?.();
    return waitFor(maxWait);
  }
}
