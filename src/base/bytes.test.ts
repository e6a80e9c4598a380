import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, textOf, wellFormed } from "./bytes.ts";

test("any bytes survive the way through text", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect([...bytesOf(textOf(bytes))]).toEqual([...bytes]);
    }),
  );
});

test("UTF-8 stays readable, what is none is escaped byte by byte", () => {
  expect(textOf(Buffer.from("né€😀\ufeff"))).toBe("né€😀\ufeff");
  expect(textOf(Buffer.of(0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82))).toBe("a\udcffé\udce2\udc82");
});

test("what is none can be shown to readers that know nothing of the escapes", () => {
  expect(wellFormed(textOf(Buffer.of(0x61, 0xff, 0xc3, 0xa9)) + "😀")).toBe("a\ufffdé😀");
});
