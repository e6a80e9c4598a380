/** What was counted of calls that have something in common, and what came between two looks at it. */
import { BUCKETS, bucketStart } from "./histogram.ts";

/** Times in ns. */
export interface Tally {
  calls: number;
  errors: number;
  total: number;
  min: number;
  max: number;
  /** Where they are known. */
  cpu?: number;
  blocked?: number;
  /** See histogram.ts. */
  buckets: ArrayLike<number>;
}

/** What came after `before`: everything where there was less by then, which is another's that was forgotten. */
export function since<T extends Readonly<Tally>>(now: T, before: Readonly<Tally> | undefined): T {
  if (!before || now.calls < before.calls) return now;
  const buckets = Float64Array.from(now.buckets, (n, i) => n - before.buckets[i]);
  let first = 0;
  while (first < BUCKETS - 1 && buckets[first] === 0) first++;
  let last = BUCKETS - 1;
  while (last > 0 && buckets[last] === 0) last--;
  // the extremes are those of the whole time: one that did not change is known to the width of a bucket only
  const max = now.max > before.max ? now.max : Math.min(now.max, bucketStart(last + 1));
  const min = now.min < before.min ? now.min : Math.max(now.min, bucketStart(first));
  return {
    ...now,
    calls: now.calls - before.calls,
    errors: now.errors - before.errors,
    total: now.total - before.total,
    cpu: less(now.cpu, before.cpu),
    blocked: less(now.blocked, before.blocked),
    min: Math.min(min, max),
    max,
    buckets,
  };
}

const less = (now: number | undefined, before = 0): number | undefined =>
  now === undefined ? undefined : now - before;
