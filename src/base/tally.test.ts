import { expect, test } from "vitest";
import { BUCKETS, bucketOf, bucketStart } from "./histogram.ts";
import { since, type Tally } from "./tally.ts";

function tally(...durations: number[]): Tally {
  const buckets = new Float64Array(BUCKETS);
  for (const ns of durations) buckets[bucketOf(ns)]++;
  const total = durations.reduce((sum, ns) => sum + ns, 0);
  const [min, max] = [Math.min(...durations), Math.max(...durations)];
  return { calls: durations.length, errors: 0, total, min, max, buckets };
}

test("what came since is what a look later has more", () => {
  const before = tally(1000, 50_000);
  expect(since(before, undefined)).toBe(before);
  expect(since(tally(1000, 50_000, 900), before)).toMatchObject({ calls: 1, total: 900, min: 900 });
  expect(since(tally(1000, 50_000, 70_001), before)).toMatchObject({ calls: 1, total: 70_001, max: 70_001 });
});

test("extremes from before are none of what came since", () => {
  const at = bucketOf(2000);
  const range = { min: bucketStart(at), max: bucketStart(at + 1) };
  expect(since(tally(1000, 50_000, 2000), tally(1000, 50_000))).toMatchObject({ calls: 1, ...range });
});

test("less than before is another's, which has counted all of it", () => {
  const anew = tally(500);
  expect(since(anew, tally(1, 2, 3))).toBe(anew);
});

test("calls without a duration have none", () => {
  const none = { errors: 0, total: 0, min: 0, max: 0, buckets: new Float64Array(BUCKETS) };
  expect(since({ ...none, calls: 5 }, { ...none, calls: 2 })).toMatchObject({ calls: 3, min: 0, max: 0 });
});
