/** Log-linear histograms of durations: buckets whose width is at most an eighth of what they hold. */

/** Buckets of a power of two. */
export const STEPS = 8;
export const STEP_BITS = 3;
/** Up to 2^45 ns, ten hours; what is longer goes into the last. */
export const BUCKETS = (45 - STEP_BITS + 1) * STEPS;

/** Bucket of a duration in ns. */
export function bucketOf(ns: number): number {
  if (ns < STEPS) return Math.max(0, Math.floor(ns));
  if (ns < 4294967296) {
    const whole = ns >>> 0;
    const shift = 31 - STEP_BITS - Math.clz32(whole);
    return shift * STEPS + (whole >>> shift);
  }
  const shift = Math.floor(Math.log2(ns)) - STEP_BITS;
  return Math.min(shift * STEPS + Math.floor(ns / 2 ** shift), BUCKETS - 1);
}

/** Smallest duration (ns) in a bucket. */
export function bucketStart(index: number): number {
  if (index < 2 * STEPS) return index;
  const power = Math.floor(index / STEPS) - 1;
  return ((index % STEPS) + STEPS) * 2 ** power;
}

/**
 * Duration (ns) that the share `q` of those counted do not exceed, to the width of a bucket, which is divided evenly;
 * 0 when nothing was counted.
 */
export function quantile(buckets: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let i = 0; i < buckets.length; i++) total += buckets[i];
  let rest = q * total;
  for (let i = 0; i < buckets.length; i++) {
    if (buckets[i] === 0) continue;
    if (rest <= buckets[i]) {
      const from = bucketStart(i);
      return from + ((bucketStart(i + 1) - from) * rest) / buckets[i];
    }
    rest -= buckets[i];
  }
  return 0;
}
