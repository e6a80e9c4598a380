/** What is counted rather than kept: losses, and calls per second while running. */
import type { HistogramRow, LossRow, RateRow } from "./model.ts";

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

/** Buckets of a power of two: the relative width of a bucket is at most 1/4. */
const STEPS = 4;

/** Index of the log-linear bucket of a duration in ns. */
export function bucketOf(ns: number): number {
  if (ns < STEPS) return Math.max(0, Math.floor(ns));
  const power = 31 - Math.clz32(Math.min(ns, 0xffffffff) >>> 0);
  const exact = ns < 4294967296 ? power : Math.floor(Math.log2(ns));
  return (exact - 1) * STEPS + Math.floor(ns / 2 ** (exact - 2)) - STEPS;
}

/** Smallest duration (ns) in a bucket. */
export function bucketStart(index: number): number {
  if (index < STEPS) return index;
  const power = Math.floor(index / STEPS) + 1;
  return ((index % STEPS) + STEPS) * 2 ** (power - 2);
}

export class Histograms {
  private done: HistogramRow[] = [];
  private readonly current = new Map<string, Uint32Array>();
  private second = 0;

  add(ts: number, name: string, duration: number): void {
    if (ts >= this.second + SECOND || ts < this.second) this.next(Math.floor(ts / SECOND) * SECOND);
    let buckets = this.current.get(name);
    if (!buckets) {
      buckets = new Uint32Array(BUCKETS);
      this.current.set(name, buckets);
    }
    buckets[Math.min(BUCKETS - 1, bucketOf(duration))]++;
  }

  /** Seconds that are over at `now`. */
  take(now: number): HistogramRow[] {
    if (now - this.second >= SECOND) this.next(Math.floor(now / SECOND) * SECOND);
    const rows = this.done;
    this.done = [];
    return rows;
  }

  private next(second: number): void {
    for (const [name, buckets] of this.current) {
      let seen = false;
      for (const [i, calls] of buckets.entries()) {
        if (calls === 0) continue;
        seen = true;
        this.done.push({ ts: this.second, name, from_ns: bucketStart(i), to_ns: bucketStart(i + 1), calls });
      }
      if (seen) buckets.fill(0);
      else this.current.delete(name);
    }
    this.second = second;
  }
}

/** Up to 2^45 ns, ten hours. */
const BUCKETS = 44 * STEPS;
