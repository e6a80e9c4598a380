import { expect, test } from "vitest";
import { allowed, specifiers } from "./check-imports.mjs";

test.each([
  ["kernel", "base", true],
  ["base", "kernel", false],
  ["record", "decode", true],
  ["decode", "record", false],
  ["supervise", "kernel", true],
  ["supervise", "abi", false],
  ["record", "supervise", false],
  ["cli", "supervise", true],
  ["index.ts", "analyse", true],
  ["ui", "base", false],
])("%s imports %s: %s", (from, to, expected) => {
  expect(allowed(from, to)).toBe(expected);
});

test("every form of import is seen, comments are not", () => {
  const text = `import a from "./a.ts";
import type { B } from "./b.ts";
import {
  c,
} from "./c.ts";
export * from "./d.ts";
import "./e.ts";
const f = await import("./f.ts");
/* import g from "./g.ts"; */
// import h from "./h.ts";
`;
  expect(specifiers(text).sort()).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
});
