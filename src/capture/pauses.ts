import { monotonicNow } from "../kernel/clock.ts";

/** ns */
const EVERY = 5e7;

/** When output is flushed: in every pause, and now and then while there is none, as on a busy host. */
export class Pauses {
  private last = 0;

  constructor(private readonly onIdle: (() => void) | undefined) {}

  /** There is nothing to do. */
  idle(): void {
    this.last = monotonicNow();
    this.onIdle?.();
  }

  /** There may be more to do. */
  busy(): void {
    if (monotonicNow() - this.last > EVERY) this.idle();
  }
}
