/**
 * How much of the time may be spent on events that wait: what nobody else wants. The CPUs' idle time is looked at
 * again and again; while there is some, the share grows, and when there is none it shrinks, to nearly nothing if the
 * traced are busy. When nothing comes from them, there is nobody to spare.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import { idleTime } from "../../kernel/proc.ts";

/** ns between looks; the kernel counts idle time in steps of 10 ms. */
const WINDOW = 1e8;
/** What is left to others, of one CPU. */
const MARGIN = 0.1;
/** Bytes of events in a window that make the traced busy, and the least share then and else. */
const BUSY = 1 << 18;
const LEAST_BUSY = 0.02;
const LEAST = 0.25;

export class Pace {
  /** Of one CPU's time, what may be used. */
  private share = 1;
  private used = 0;
  private began = 0;
  private window: number;
  private idle: number | undefined;
  private sent = 0;

  constructor(
    private readonly clock: () => number = monotonicNow,
    private readonly idleNow: () => number | undefined = idleTime,
  ) {
    this.window = clock();
    this.idle = idleNow();
  }

  /**
   * Work begins. `sent`: bytes of events so far. Returns until when (ns) it may go on; no later than now if there is no
   * time left.
   */
  begin(sent: number): number {
    const now = this.clock();
    if (now - this.window >= WINDOW) this.look(now, sent);
    this.began = now;
    return this.share === 1 ? Number.POSITIVE_INFINITY : now + this.share * WINDOW - this.used;
  }

  /** Work is over for now. */
  end(): void {
    this.used += this.clock() - this.began;
  }

  private look(now: number, sent: number): void {
    const idle = this.idleNow();
    if (idle === undefined || this.idle === undefined) return;
    const spare = (idle - this.idle) / (now - this.window) - MARGIN;
    const came = ((sent - this.sent) * WINDOW) / (now - this.window);
    const least = came < BUSY ? LEAST : LEAST_BUSY;
    if (came === 0) this.share = 1;
    else if (spare > 0) this.share = Math.min(1, this.share + spare / 2);
    else this.share = Math.max(least, this.share / 4);
    this.sent = sent;
    this.idle = idle;
    this.window = now;
    this.used = 0;
  }
}
