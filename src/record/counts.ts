/** What is counted rather than kept: losses, and calls per second while running. */
import { BUCKETS, bucketOf, bucketStart } from "../base/histogram.ts";
import type { QuietCounts } from "../capture/engine.ts";
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

  get total(): number {
    return [...this.byReason.values()].reduce((sum, row) => sum + row.count, 0);
  }

  rows(): LossRow[] {
    return [...this.byReason.values()].map((r) => ({ ...r }));
  }
}

const WIDE = 64;

/** Rows kept second by second when they cannot be written. */
const MAX_ROWS = 100_000;
const ROW_BYTES = 120;

interface Counter {
  row: RateRow;
  readonly buckets: Uint32Array;
  /** Counted in the kernel: bucket i holds durations from 2^i to 2^(i+1) ns. */
  readonly wide: Uint32Array;
}

/** Calls per second and name: how many, how long, and how the durations are distributed. */
export class Counters {
  private rates: RateRow[] = [];
  private histograms: HistogramRow[] = [];
  private readonly current = new Map<string, Counter>();
  private second = 0;

  get some(): boolean {
    return this.rates.length > 0;
  }

  add(ts: number, name: string, duration: number, failed: boolean): void {
    const c = this.counter(ts, name);
    c.row.calls++;
    if (failed) c.row.errors++;
    c.row.total_ns += duration;
    if (duration > c.row.max_ns) c.row.max_ns = duration;
    c.buckets[bucketOf(duration)]++;
  }

  /** Adds what the kernel counted in the second of `ts`. */
  addCounts(ts: number, { name, calls, errors, total, longest, buckets }: QuietCounts): void {
    const { row, wide } = this.counter(ts, name);
    row.calls += calls;
    row.errors += errors;
    row.total_ns += total;
    row.max_ns = Math.max(row.max_ns, longest);
    for (let i = 0; i < buckets.length; i++) wide[i] += buckets[i];
  }

  private counter(ts: number, name: string): Counter {
    if (ts >= this.second + SECOND || ts < this.second) this.next(Math.floor(ts / SECOND) * SECOND);
    let c = this.current.get(name);
    if (!c) {
      c = { row: this.emptyRow(name), buckets: new Uint32Array(BUCKETS), wide: new Uint32Array(WIDE) };
      this.current.set(name, c);
    }
    return c;
  }

  /** Seconds that are over at `now`; nothing comes after the `last` ones. */
  take(now: number, last = false): { rates: RateRow[]; histograms: HistogramRow[] } {
    if (last || now - this.second >= SECOND) this.next(Math.floor(now / SECOND) * SECOND);
    const { rates, histograms } = this;
    this.rates = [];
    this.histograms = [];
    return { rates, histograms };
  }

  /** Bytes held, about. */
  get bytes(): number {
    return (this.rates.length + this.histograms.length) * ROW_BYTES;
  }

  giveBack(taken: { rates: readonly RateRow[]; histograms: readonly HistogramRow[] }): void {
    this.rates = [...taken.rates, ...this.rates];
    this.histograms = [...taken.histograms, ...this.histograms];
    if (Math.max(this.rates.length, this.histograms.length) > MAX_ROWS) this.sumUp();
  }

  /** Puts a sum for each name (and bucket), without a time, in place of the older half: counters must not go back. */
  sumUp(): void {
    this.rates = halfSummed(
      this.rates,
      ({ name }) => name,
      (sum, row) => {
        sum.calls += row.calls;
        sum.errors += row.errors;
        sum.total_ns += row.total_ns;
        sum.max_ns = Math.max(sum.max_ns, row.max_ns);
      },
    );
    this.histograms = halfSummed(
      this.histograms,
      ({ name, from_ns, to_ns }) => `${from_ns} ${to_ns} ${name}`,
      (sum, row) => {
        sum.calls += row.calls;
      },
    );
  }

  private emptyRow(name: string): RateRow {
    return { ts: this.second, name, calls: 0, errors: 0, total_ns: 0, max_ns: 0 };
  }

  private next(second: number): void {
    for (const [name, c] of this.current) {
      if (c.row.calls === 0) {
        this.current.delete(name);
        continue;
      }
      this.rates.push(c.row);
      for (const [i, calls] of c.buckets.entries()) {
        if (calls === 0) continue;
        this.histograms.push({
          ts: this.second,
          name,
          from_ns: bucketStart(i),
          to_ns: bucketStart(i + 1),
          calls,
        });
      }
      c.buckets.fill(0);
      for (const [i, calls] of c.wide.entries()) {
        if (calls > 0)
          this.histograms.push({ ts: this.second, name, from_ns: i && 2 ** i, to_ns: 2 ** (i + 1), calls });
      }
      c.wide.fill(0);
    }
    this.second = second;
    for (const [name, c] of this.current) c.row = this.emptyRow(name);
  }
}

function halfSummed<T extends { ts: number | null }>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  add: (sum: T, row: T) => void,
): T[] {
  const half = rows.length >> 1;
  const sums = new Map<string, T>();
  for (const row of rows.slice(0, half)) {
    const key = keyOf(row);
    const sum = sums.get(key);
    if (sum) add(sum, row);
    else sums.set(key, { ...row, ts: null });
  }
  return [...sums.values(), ...rows.slice(half)];
}
