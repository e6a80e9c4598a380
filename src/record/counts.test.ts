import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf, bucketStart, Histograms } from "./counts.ts";

test("every duration lies in its bucket, and buckets are narrow", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 44 }), (ns) => {
      const i = bucketOf(ns);
      const [from, to] = [bucketStart(i), bucketStart(i + 1)];
      expect(from).toBeLessThanOrEqual(ns);
      expect(ns).toBeLessThan(to);
      expect(to - from).toBeLessThanOrEqual(Math.max(1, from / 4));
    }),
  );
});

test("histograms are per second and name", () => {
  const h = new Histograms();
  for (let i = 0; i < 10; i++) h.add(5e9 + i, "read", 1000);
  h.add(5.5e9, "write", 100e6);
  h.add(6.2e9, "read", 2000);
  const rows = h.take(7e9);
  expect(rows.map((r) => [r.ts, r.name, r.calls])).toEqual([
    [5e9, "read", 10],
    [5e9, "write", 1],
    [6e9, "read", 1],
  ]);
  expect(rows[1].from_ns).toBeLessThanOrEqual(100e6);
  expect(rows[1].to_ns).toBeGreaterThan(100e6);
  expect(h.take(9e9)).toEqual([]);
});
