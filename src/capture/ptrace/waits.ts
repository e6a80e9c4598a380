/**
 * Where statuses come from. With several tasks, all that is there is drained before any of it is handled, so that
 * a busy thread cannot starve the others.
 *
 * When there is nothing, it either sleeps in wait4() or looks again and again for a while. Waking a sleeping tracer
 * on another CPU takes tens of microseconds, most of all in a virtual machine, so looking pays there. If tracer
 * and tracee share a CPU it never does, as the tracee cannot run meanwhile. Which it is, is found out by trying.
 */
import { arm, disarm, found, NO_CHILDREN, NOTHING, poll, sleep, systemTime } from "../../kernel/tracewait.ts";
import type { Pauses } from "../pauses.ts";

/** Looks before sleeping, at a third of a microsecond each. */
const LOOKS = 50;
/** Waits for which it sleeps at once after looking was in vain twice. */
const SLEEPS = 1000;

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
  /** Waits for which to sleep at once. */
  private sleeps = 0;
  private inVain = 0;
  private armed = false;

  constructor(
    private readonly cpuTimes: boolean,
    private readonly pauses: Pauses,
  ) {}

  /**
   * Takes the next status; false when there was none for `maxWait` ms (counted from the first time it slept since
   * `done`), or a signal of our own arrived.
   */
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

  /** Nothing that has been taken waits to be handled. */
  get drained(): boolean {
    return this.head === this.queue.length;
  }

  /** Must follow the last `next` before anything else is done that a signal must not interrupt. */
  done(): void {
    if (this.armed) disarm();
    this.armed = false;
  }

  private drain(): void {
    this.queue.length = 0;
    this.head = 0;
    do this.queue.push(found.pid, found.status, this.cpuTimes ? systemTime() : 0);
    while (poll(1, this.cpuTimes, false) > 0);
  }

  private take(maxWait: number): number {
    const result = maxWait <= 0 ? poll(1, this.cpuTimes, true) : this.look();
    if (maxWait <= 0) return result;
    if (result !== NOTHING) return result;
    // not at each of a row of sleeps; the timer does not end one that a tracee has ended already
    if (this.sleeps === 0 || this.sleeps === SLEEPS) this.pauses.idle();
    else this.pauses.busy();
    if (!this.armed) arm(maxWait);
    this.armed = true;
    return sleep();
  }

  private look(): number {
    const sleeping = this.sleeps > 0;
    const result = poll(sleeping ? 1 : LOOKS, this.cpuTimes, true);
    if (sleeping) this.sleeps--;
    else if (result !== NOTHING) this.inVain = 0;
    // once can be a call that takes its time
    else if (++this.inVain > 1) this.sleeps = SLEEPS;
    return result;
  }
}
