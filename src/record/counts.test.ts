import { expect, test } from "vitest";
import { Counters } from "./counts.ts";

test("counts are per second and name, and come back when they could not be written", () => {
  const h = new Counters();
  for (let i = 0; i < 10; i++) h.add(5e9 + i, "read", 1000, i === 0);
  h.add(5.5e9, "write", 100e6, false);
  h.add(6.2e9, "read", 2000, false);
  const taken = h.take(7e9);
  expect(taken.rates).toEqual([
    { ts: 5e9, name: "read", calls: 10, errors: 1, total_ns: 10_000, max_ns: 1000 },
    { ts: 5e9, name: "write", calls: 1, errors: 0, total_ns: 100e6, max_ns: 100e6 },
    { ts: 6e9, name: "read", calls: 1, errors: 0, total_ns: 2000, max_ns: 2000 },
  ]);
  const rows = taken.histograms;
  expect(rows.map((r) => [r.ts, r.name, r.calls])).toEqual([
    [5e9, "read", 10],
    [5e9, "write", 1],
    [6e9, "read", 1],
  ]);
  expect(rows[1].from_ns).toBeLessThanOrEqual(100e6);
  expect(rows[1].to_ns).toBeGreaterThan(100e6);
  expect(h.some).toBe(false);
  h.giveBack(taken);
  expect(h.take(9e9)).toEqual(taken);
  h.add(9.5e9, "read", 1000, false);
  expect(h.take(9.6e9).rates).toEqual([]);
  expect(h.take(9.6e9, true).rates).toMatchObject([{ ts: 9e9, name: "read", calls: 1 }]);
});

test("what cannot be written second by second is summed up, and none of it lost", () => {
  const h = new Counters();
  const taken: ReturnType<Counters["take"]> = { rates: [], histograms: [] };
  const second = (ts: number, name: string) => {
    taken.rates.push({ ts, name, calls: 2, errors: 1, total_ns: 30, max_ns: ts / 1e9 });
    taken.histograms.push({ ts, name, from_ns: 8, to_ns: name === "read" ? 16 : 12, calls: 2 });
  };
  for (let i = 0; i < 60_000; i++) for (const name of ["read", "write"]) second(i * 1e9, name);
  h.giveBack(taken);
  const held = h.bytes;
  const again = h.take(0);
  for (const { length } of [again.rates, again.histograms]) expect(length).toBe(60_002);
  expect(again.rates.slice(0, 3)).toEqual([
    { ts: null, name: "read", calls: 60_000, errors: 30_000, total_ns: 900_000, max_ns: 29_999 },
    { ts: null, name: "write", calls: 60_000, errors: 30_000, total_ns: 900_000, max_ns: 29_999 },
    { ts: 30_000e9, name: "read", calls: 2, errors: 1, total_ns: 30, max_ns: 30_000 },
  ]);
  expect(again.histograms.slice(0, 2).map((r) => [r.ts, r.name, r.to_ns, r.calls])).toEqual([
    [null, "read", 16, 60_000],
    [null, "write", 12, 60_000],
  ]);
  h.giveBack(again);
  expect(h.bytes).toBe(held);
  h.sumUp();
  expect(h.bytes).toBeLessThan(held * 0.51);
  expect(h.take(0).rates.reduce((sum, r) => sum + r.calls, 0)).toBe(240_000);
});
