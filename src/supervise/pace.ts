/** When a service may be started again: the least time between two starts, which grows while it keeps dying. */
import type { Settings } from "./settings.ts";

/** Until the next attempt when there are no processes to be had (ms). */
const FORK_RETRY = 60_000;

export class Pace {
  /** Monotonic, ms. */
  private startedAt = Number.NEGATIVE_INFINITY;
  /** Least ms between the last start and the next; 0 before the first. */
  private interval = 0;
  private retryAfter = 0;

  starting({ backoff }: Settings): void {
    this.startedAt = performance.now();
    this.interval ||= backoff.first;
    this.retryAfter = this.interval;
  }

  /** It was started at this Unix time (s) by a supervisor before us. */
  restore(startedAt: number | null, { backoff }: Settings): void {
    if (startedAt !== null) this.startedAt = performance.now() - Math.max(0, Date.now() - startedAt * 1000);
    this.retryAfter = backoff.first;
  }

  noProcesses(): void {
    this.retryAfter = FORK_RETRY;
  }

  /** ms until it may be started again, now that it has ended. */
  wait({ backoff: { first, max } }: Settings): number {
    const ran = performance.now() - this.startedAt;
    this.interval = ran > max ? first : Math.min(Math.max(this.interval, first) * 2, max);
    return Math.max(0, this.retryAfter - ran);
  }
}
