import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test("durations beyond what the kernel can count are the longest that it can", () => {
  expect(parseDuration("1.5m", "--for")).toBe(90e9);
  for (const text of ["18446744074s", "99999999999h", "9".repeat(400)])
    expect(parseDuration(text, "--slower-than")).toBe(2 ** 62);
});
