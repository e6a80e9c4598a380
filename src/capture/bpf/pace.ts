/**
 * How much of the time may be spent on events that wait: what nobody else wants. The CPUs' idle time is looked at
 * again and again; while there is some, the share grows, and when there is none it shrinks to nearly nothing.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import { idleTime } from "../../kernel/proc.ts";

/** ns between looks; the kernel counts idle time in steps of 10 ms. */
const WINDOW = 1e8;
/** What is left to others, of one CPU. */
const MARGIN = 0.1;
/** So that something is always seen of what goes on. */
const LEAST = 0.02;

export class Pace {
  /** Of one CPU's time, what may be used. */
  private share = 1;
  private used = 0;
  private began = 0;
  private window: number;
  private idle: number | undefined;

  constructor(
    private readonly clock: () => number = monotonicNow,
    private readonly idleNow: () => number | undefined = idleTime,
  ) {
    this.window = clock();
    this.idle = idleNow();
  }

  /** Work begins. Until when (ns) it may go on; no later than now if there is no time left. */
  begin(): number {
    const now = this.clock();
    if (now - this.window >= WINDOW) this.look(now);
    this.began = now;
    return this.share === 1 ? Number.POSITIVE_INFINITY : now + this.share * WINDOW - this.used;
  }

  /** Work is over for now. */
  end(): void {
    this.used += this.clock() - this.began;
  }

  private look(now: number): void {
    const idle = this.idleNow();
    if (idle === undefined || this.idle === undefined) return;
    const spare = (idle - this.idle) / (now - this.window) - MARGIN;
    this.share = spare > 0 ? Math.min(1, this.share + spare / 2) : Math.max(LEAST, this.share / 4);
    this.idle = idle;
    this.window = now;
    this.used = 0;
  }
}
