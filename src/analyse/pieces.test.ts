import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Pieces } from "./pieces.ts";
import { Synthetic } from "./synthetic.ts";
import type { Segment } from "./types.ts";

test("short work is told in runs of at most 50 ms that cross no cut, and nothing is lost", () => {
  const out: Segment[] = [];
  const cut = 130e6;
  const pieces = new Pieces(out, [cut]);
  const { calls } = new Synthetic({}).call(1, 0, 0.0001, "getpid").recording;
  const via: [] = [];
  for (let i = 0; i < 1000; i++) {
    pieces.work(i * 2e5, i * 2e5 + 1e5, 1, 1, via, calls, 0);
    pieces.gap(i * 2e5 + 1e5, (i + 1) * 2e5, 1, 1, via);
  }
  expect(out.length).toBeLessThan(10);
  expect(out.reduce((n, s) => n + (s.run?.calls ?? 1), 0)).toBe(1000);
  expect(out.reduce((ns, s) => ns + (s.run?.inCalls ?? 0), 0)).toBe(1000 * 1e5);
  for (const [i, s] of out.entries()) {
    expect(s.from).toBe(out[i - 1]?.to ?? 0);
    expect(s.to - s.from).toBeLessThanOrEqual(50e6);
    expect(s.from < cut && s.to > cut).toBe(false);
    expect(Math.floor(s.from / 100e6)).toBe(Math.floor((s.to - 1) / 100e6));
  }
});

test("a program that only makes short calls: all are counted, the longest are the evidence", () => {
  const s = new Synthetic({ dir: "", service: "dd" }).at({ started: 0, died: 1, ended: 1, written: 1 });
  s.process(100, 0, "dd", 0, 1);
  for (let i = 0; i < 9990; i++)
    s.call(100, i / 1e4, i / 1e4 + (i === 5000 ? 0.00009 : 0.00006), "getpid", "", `${i}`);
  const { causes } = analyse(s.recording);
  expect(causes.length).toBe(1);
  expect(causes[0].count).toBe(9990);
  expect(causes[0].text).toBe("computed for 1.00 s (in 9990 short system calls)");
  expect(causes[0].evidence.join("\n")).toContain("= 5000 ");
});
