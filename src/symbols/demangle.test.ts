import { expect, test } from "vitest";
import { demangle } from "./demangle.ts";

/** A C++ name whose parameters are functions of two of the one before: each is twice as long. */
function doubling(levels: number): string {
  const digit = (n: number) => n.toString(36).toUpperCase();
  const type = (n: number) => (n === 0 ? "S_" : `S${digit(n - 1)}_`);
  const types = Array.from({ length: levels }, (_, n) => `Fv${type(n)}${type(n)}E`);
  return `_Z1fFviiE${types.join("")}`;
}

test("a short name that stands for gigabytes stays as it is, and those after it are demangled", () => {
  expect(demangle(doubling(2))).toMatch(
    /^f\(void \(int, int\), void \(void \(int, int\), void \(int, int\)\), /,
  );
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 5; i++) {
    const name = doubling(30);
    expect(demangle(name)).toBe(name);
    expect(demangle("_ZN3foo3barEi")).toBe("foo::bar(int)");
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(1 << 26);
});

test("what a name stands for is cut as names are", () => {
  const text = demangle(doubling(12));
  expect(text.length).toBe(8192);
  expect(text).toMatch(/^f\(void/);
});
