import { expect, test } from "vitest";
import { SymbolTable } from "./symbol-table.ts";

/** A table of `name start size`. */
function table(...symbols: readonly (readonly [name: string, start: number, size: number])[]): SymbolTable {
  const names = symbols.map(([name]) => `${name}\0`);
  return new SymbolTable(
    {
      start: symbols.map(([, start]) => start),
      size: symbols.map(([, , size]) => size),
      name: names.map((_, i) => names.slice(0, i).join("").length),
    },
    Buffer.from(names.join("")),
  );
}

test("one that is nested in a longer one does not hide it", () => {
  const symbols = table(["outer", 100, 50], ["inner", 110, 10], ["innermost", 112, 2], ["next", 200, 10]);
  const name = (address: number) => symbols.find(address)?.name;
  expect([99, 100, 110, 111, 112, 113, 114, 119, 120, 149, 150, 205, 210].map(name)).toEqual([
    ...[undefined, "outer", "inner", "inner", "innermost", "innermost", "inner", "inner", "outer", "outer"],
    ...[undefined, "next", undefined],
  ]);
});

test("one without a size covers what no other does, until the next", () => {
  const symbols = table(["outer", 100, 50], ["label", 110, 0], ["after", 160, 0], ["next", 200, 10]);
  const name = (address: number) => symbols.find(address)?.name;
  expect([110, 149, 150, 160, 199, 200].map(name)).toEqual([
    ...["outer", "outer", "label", "after", "after", "next"],
  ]);
});
