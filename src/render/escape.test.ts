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
