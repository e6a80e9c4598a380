/** The screen of `svtrace top`. */
import { expect, test } from "vitest";
import { BUCKETS } from "../../base/histogram.ts";
import { rowText } from "./view.ts";
import type { Row } from "./watch.ts";

const row = (blocked: number): Row => ({
  pid: 7,
  name: "many",
  top: "pause",
  calls: 0,
  errors: 0,
  cpu: 0,
  blocked,
  max: 0,
  buckets: new Float64Array(BUCKETS),
});

test("however many threads are blocked, columns stay columns", () => {
  const one = rowText(row(1e9), 1, "processes");
  expect(one).toMatch(/ 100\.0 pause$/);
  expect(rowText(row(99.9e9), 1, "processes")).toMatch(/ 9990\.0 pause$/);
  expect(rowText(row(151e9), 1, "processes")).toMatch(/ 15\.1k pause$/);
  for (const threads of [10, 99.9994, 99.9996, 100, 151, 10_000, 100_000])
    expect(rowText(row(threads * 1e9), 1, "processes")).toHaveLength(one.length);
});
