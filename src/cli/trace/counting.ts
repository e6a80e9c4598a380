/** -c where the engine counts: extras for the tracer, tables at intervals, counts as JSON. */

import { quantile } from "../../base/histogram.ts";
import { jsonOf } from "../../base/json.ts";
import { since } from "../../base/tally.ts";
import { Counts } from "../../capture/bpf/counts/counts.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import { type CountLine, furtherLine } from "../../render/count-table.ts";
import { JSON_VERSION } from "../../render/json/lines.ts";
import { timeOfDay } from "../../render/stamps.ts";
import type { StraceSettings } from "../strace/settings.ts";
import type { Extras, Tracer } from "../strace/tracer.ts";
import { byDescriptor, type Dimension, heads, keyOf, keyParts, Sums } from "./dimensions.ts";

/** ns between looks at which descriptors there are. */
const LEARN_EVERY = 250e6;

/** Counts in the kernel where the bpf engine is used, except with -P: which paths a call is about, its record alone tells. */
export function countExtras(s: StraceSettings, by: Dimension = "syscall"): Extras {
  const what = { head: heads[by], key: keyOf(by) };
  if (s.paths.length > 0) return { by: what };
  const counts = new Counts(keyParts(by));
  const sums = new Sums(by);
  let last = 0;
  return {
    by: what,
    engine: { counts, scheduling: true },
    counted: ({ kind }) => {
      if (kind !== "bpf") return undefined;
      sums.take(counts.rows());
      const lines = sums.lines(s.wall, s.overhead);
      const over = counts.over + sums.over;
      if (over > 0) lines.push(furtherLine(over, heads[by]));
      return lines;
    },
    onIdle() {
      const now = monotonicNow();
      if (now - last < LEARN_EVERY || !byDescriptor(by)) return;
      last = now;
      sums.take(counts.rows());
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
  ) {
    this.next = monotonicNow() + every;
  }

  tick(): void {
    const now = monotonicNow();
    if (now < this.next) return;
    this.next += Math.ceil((now - this.next) / this.every) * this.every || this.every;
    const lines = this.tracer.counted();
    const key = (line: CountLine) => line.key ?? line.name;
    const changed = lines.map((l) => since(l, this.before.get(key(l)))).filter((l) => l.calls > 0);
    this.before = new Map(lines.map((l) => [key(l), { ...l, buckets: Float64Array.from(l.buckets) }]));
    this.tracer.showCounts(changed, `${timeOfDay(wallClock().seconds)}\n`);
  }
}

/** Counts as one line of JSON; times in seconds. `whole`: since the start, not of an interval. */
export function countsJson(by: Dimension): (lines: CountLine[], whole: boolean) => string {
  return (lines, whole) => {
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
    return `${jsonOf({ type: "counts", v: JSON_VERSION, ts, by, ...(whole ? { total: true } : {}), rows })}\n`;
  };
}
