/** -c where the engine counts: extras for the tracer, tables at intervals, counts as JSON. */
import { BUCKETS, bucketStart, quantile } from "../../base/histogram.ts";
import { Counts } from "../../capture/bpf/counts/counts.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import { type CountLine, furtherLine } from "../../render/count-table.ts";
import { JSON_VERSION } from "../../render/json/lines.ts";
import { timeOfDay } from "../../render/stamps.ts";
import type { StraceSettings } from "../strace/settings.ts";
import type { Extras, Tracer } from "../strace/tracer.ts";
import { type Dimension, heads, keyOf, keyParts, Namer } from "./dimensions.ts";

/** ns between looks at which descriptors there are. */
const LEARN_EVERY = 250e6;

/** Counts in the kernel where the bpf engine is used; `onIdle` is to be called while it runs. */
export function countExtras(s: StraceSettings, by: Dimension = "syscall"): Extras & { onIdle(): void } {
  const counts = new Counts(keyParts(by));
  const namer = new Namer(by);
  let last = 0;
  return {
    by: { head: heads[by], key: keyOf(by) },
    engine: { counts, scheduling: true },
    counted: ({ kind }) => {
      if (kind !== "bpf") return undefined;
      const lines = namer.lines(counts.rows(), s.wall, s.overhead);
      const { over } = counts;
      if (over > 0) lines.push(furtherLine(over, heads[by]));
      return lines;
    },
    onIdle() {
      const now = monotonicNow();
      if (now - last < LEARN_EVERY || by === "syscall" || by === "pid" || by === "comm") return;
      last = now;
      namer.learn(counts.rows());
    },
  };
}

/** Tables of what happened between calls of `tick`. */
export class Intervals {
  private before = new Map<string, CountLine>();
  private next: number;

  constructor(
    private readonly tracer: Tracer,
    private readonly every: number,
    private readonly json: boolean,
  ) {
    this.next = monotonicNow() + every;
  }

  tick(): void {
    const now = monotonicNow();
    if (now < this.next) return;
    this.next += Math.ceil((now - this.next) / this.every) * this.every || this.every;
    const lines = this.tracer.counted();
    const changed = lines.flatMap((line) => {
      const d = difference(line, this.before.get(line.name));
      return d ? [d] : [];
    });
    this.before = new Map(lines.map((l) => [l.name, { ...l, buckets: Float64Array.from(l.buckets) }]));
    this.tracer.showCounts(changed, this.json ? "" : `${timeOfDay(wallClock().seconds)}\n`);
  }
}

/** What came since; the extremes are those of the buckets, as exact ones are kept for the whole time only. */
function difference(line: CountLine, before: CountLine | undefined): CountLine | undefined {
  if (!before) return line;
  if (line.calls === before.calls) return undefined;
  const buckets = Float64Array.from(line.buckets, (n, i) => n - before.buckets[i]);
  let first = 0;
  while (buckets[first] === 0) first++;
  let last = BUCKETS - 1;
  while (last > 0 && buckets[last] === 0) last--;
  return {
    name: line.name,
    calls: line.calls - before.calls,
    errors: line.errors - before.errors,
    total: line.total - before.total,
    cpu: line.cpu === undefined ? undefined : line.cpu - (before.cpu ?? 0),
    min: Math.max(line.min, bucketStart(first)),
    max: Math.min(line.max, bucketStart(last + 1)),
    buckets,
  };
}

/** Counts as one line of JSON; times in seconds. */
export function countsJson(by: Dimension): (lines: CountLine[]) => string {
  return (lines) => {
    const now = wallClock();
    const rows = lines.map((l) => ({
      [by]: l.name,
      calls: l.calls,
      errors: l.errors,
      total: l.total / 1e9,
      ...(l.cpu === undefined ? {} : { cpu: l.cpu / 1e9 }),
      min: l.min / 1e9,
      p50: quantile(l.buckets, 0.5) / 1e9,
      p90: quantile(l.buckets, 0.9) / 1e9,
      p99: quantile(l.buckets, 0.99) / 1e9,
      max: l.max / 1e9,
    }));
    const ts = Number(`${now.seconds}.${String(now.nanoseconds).padStart(9, "0")}`);
    return `${JSON.stringify({ type: "counts", v: JSON_VERSION, ts, by, rows })}\n`;
  };
}
