import { expect, test } from "vitest";
import { jsonOf } from "./json.ts";

test("nothing but ASCII leaves, and it is the same value", () => {
  const value = { "né\x9b": ["\x1b[31m", "\x9b31m", "\u2028😀\n"] };
  for (const indent of [undefined, 2]) {
    const text = jsonOf(value, indent);
    expect(text).toMatch(indent ? /^[\n\x20-\x7e]+$/ : /^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toEqual(value);
  }
});
