/** Names behind descriptors and pids are escaped as strace escapes them. */
import { expect, it } from "vitest";
import { textOf } from "../base/bytes.ts";
import { escapeName } from "./escape.ts";

it.each([
  ["/a b", "/a b"],
  ["a<1>8>", "a\\0741\\768\\76"],
  ['q\\"', 'q\\\\\\"'],
  ["\x1b7\n", "\\0337\\n"],
  ["é", "\\303\\251"],
])("escapes %j", (name, escaped) => {
  expect(escapeName(name)).toBe(escaped);
});

it("shows bytes that are no UTF-8 as they are", () => {
  expect(escapeName(textOf(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9)))).toBe("a\\377\\303\\251");
});

it.each([
  ["-x", 1, "a<b", "a\\74b"],
  ["-x", 1, "a\x01<", "\\x61\\x01\\x3c"],
  ["-xx", 2, "a<", "\\x61\\x3c"],
  ["--strings-in-hex=non-ascii-chars", 3, "\té<", "\\t\\xc3\\xa9\\x3c"],
] as const)("follows %s", (_, style, name, escaped) => {
  expect(escapeName(name, style)).toBe(escaped);
});
