/** What is counted rather than kept: losses, and calls per second while running. */
import type { LossRow, RateRow } from "./model.ts";

const SECOND = 1e9;

export class Losses {
  private readonly byReason = new Map<string, LossRow>();

  add(ts: number, count: number, reason: string): void {
    if (count <= 0) return;
    const row = this.byReason.get(reason);
    if (row) row.count += count;
    else this.byReason.set(reason, { ts, count, reason });
  }

  rows(): LossRow[] {
    return [...this.byReason.values()].map((r) => ({ ...r }));
  }
}

export class Rates {
  private done: RateRow[] = [];
  private current = new Map<string, RateRow>();
  private second = 0;

  get some(): boolean {
    return this.done.length > 0;
  }

  add(ts: number, name: string, duration: number, failed: boolean): void {
    const second = Math.floor(ts / SECOND) * SECOND;
    if (second !== this.second) this.next(second);
    let row = this.current.get(name);
    if (!row) {
      row = { ts: second, name, calls: 0, errors: 0, total_ns: 0, max_ns: 0 };
      this.current.set(name, row);
    }
    row.calls++;
    if (failed) row.errors++;
    row.total_ns += duration;
    if (duration > row.max_ns) row.max_ns = duration;
  }

  /** Seconds that are over at `now`. */
  take(now: number): RateRow[] {
    if (now - this.second >= SECOND) this.next(Math.floor(now / SECOND) * SECOND);
    const rows = this.done;
    this.done = [];
    return rows;
  }

  private next(second: number): void {
    for (const row of this.current.values()) this.done.push(row);
    this.current.clear();
    this.second = second;
  }
}
