import { expect, test } from "vitest";
import { columnsOf, cut } from "./columns.ts";

test("columns of East Asian characters, emoji of all planes, marks", () => {
  for (const wide of ["\u65e5", "\u26a1", "\u2705", "\u2b50", "\u231a", "\u{1f600}", "\u{1f1e9}\u{1f1ea}"])
    expect([wide, columnsOf(wide)]).toEqual([wide, 2]);
  for (const narrow of ["a", "\u00e9", "e\u0301", "1", "#", "\u2713", "\u2026"])
    expect([narrow, columnsOf(narrow)]).toEqual([narrow, 1]);
  expect(cut("\u26a1\u26a1\u26a1", 5)).toBe("\u26a1\u26a1\u2026");
});
