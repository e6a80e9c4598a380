import { expect, test } from "vitest";
import { perfMap } from "./perf-map.ts";

test("later lines win, sizes bound", () => {
  const map = perfMap(
    "1000 10 LazyCompile:old\n2000 20 other name (file.js:1:2)\n1000 10 LazyCompile:new\nnonsense\n",
  );
  expect(map.find(0x100f)?.name).toBe("LazyCompile:new");
  expect(map.find(0x1010)).toBeUndefined();
  expect(map.find(0x2001)?.name).toBe("other name (file.js:1:2)");
});

test("what a later line overlaps is what is left of it", () => {
  const map = perfMap("1002 1 inside\n1000 40 over\n1030 20 end\n1010 8 middle\n0ff0 11 before\n");
  const name = (address: number) => map.find(address)?.name;
  expect([0xff0, 0x1000, 0x1001, 0x1002, 0x100f].map(name)).toEqual([
    "before",
    "before",
    "over",
    "over",
    "over",
  ]);
  expect([0x1010, 0x1017, 0x1018, 0x1030, 0x104f, 0x1050].map(name)).toEqual([
    "middle",
    "middle",
    "over",
    "end",
    "end",
    undefined,
  ]);
});

test("without a size it is until the next one", () => {
  const map = perfMap("1000 0 first\n2000 0 second\n2000 0 again\n3000 8 last\n");
  expect([0x1fff, 0x2000, 0x2fff, 0x3000, 0x3008].map((a) => map.find(a)?.name)).toEqual([
    "first",
    "again",
    "again",
    "last",
    undefined,
  ]);
});

test("any symbols: the last that was written covers an address", () => {
  let x = 9;
  const next = (below: number) => {
    x = (x * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((x / 2 ** 31) * below);
  };
  for (let i = 0; i < 300; i++) {
    const symbols = Array.from({ length: next(12) }, (_, n) => ({
      start: next(40),
      size: 1 + next(20),
      name: `s${n}`,
    }));
    const map = perfMap(
      symbols.map((s) => `${s.start.toString(16)} ${s.size.toString(16)} ${s.name}\n`).join(""),
    );
    const addresses = Array.from({ length: 64 }, (_, at) => at);
    const last = (at: number) => symbols.findLast((s) => at >= s.start && at < s.start + s.size)?.name;
    expect([symbols, addresses.map((at) => map.find(at)?.name)]).toEqual([symbols, addresses.map(last)]);
  }
});
