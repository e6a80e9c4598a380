import fc from "fast-check";
import { expect, test } from "vitest";
import { BUCKETS, bucketOf, bucketStart, quantile, STEPS } from "./histogram.ts";

test("a duration lies in its bucket, which is at most an eighth of it wide", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 44 }), (ns) => {
      const i = bucketOf(ns);
      expect(bucketStart(i)).toBeLessThanOrEqual(ns);
      expect(bucketStart(i + 1)).toBeGreaterThan(ns);
      expect(bucketStart(i + 1) - bucketStart(i)).toBeLessThanOrEqual(Math.max(1, ns / STEPS));
    }),
  );
});

test("buckets follow one another", () => {
  for (let i = 1; i < BUCKETS; i++) expect(bucketOf(bucketStart(i) - 1)).toBe(i - 1);
});

test("quantiles of a hundred and one durations", () => {
  const buckets = new Array<number>(BUCKETS).fill(0);
  for (let ns = 1000; ns <= 101_000; ns += 1000) buckets[bucketOf(ns)]++;
  expect(Math.abs(quantile(buckets, 0.5) / 51_000 - 1)).toBeLessThan(0.13);
  expect(Math.abs(quantile(buckets, 0.99) / 100_000 - 1)).toBeLessThan(0.13);
  expect(quantile([], 0.5)).toBe(0);
});
