/** Processes in words. */
import { expect, it } from "vitest";
import { textOf } from "../base/bytes.ts";
import { commandText } from "./describe.ts";

it("quotes what a shell would need quoted, and shows no escapes for bytes that are no UTF-8", () => {
  expect(commandText(["perl", "-e", 'say "é"'])).toBe("perl -e 'say \"é\"'");
  expect(commandText(["cat", textOf(Uint8Array.of(0x61, 0xff))])).toBe("cat 'a\ufffd'");
});
