/** Addresses of amateur radio (linux/ax25.h): call signs, each character shifted by one bit, with a number. */
import type { Context } from "../context.ts";
import { quotedHex } from "./addresses.ts";
import type { Family } from "./sockaddr-inet.ts";

const CALL = 7;
const DIGIPEATERS = 8;
/** struct sockaddr_ax25: the family, a call sign, and at offset 12 how many digipeaters there are. */
const ADDRESS = 16;

const characters = (c: Context, at: number): number[] =>
  Array.from(c.memory.bytes.subarray(at, at + CALL - 1), (b) => b >> 1);

/** How far a call sign can be shown as text: not at all, with its bytes, or alone. */
function readability(c: Context, at: number): "raw" | "verbose" | "sane" {
  const { bytes } = c.memory;
  const text = characters(c, at).map((code) => String.fromCharCode(code));
  if (text.some((ch) => ch < " " || ch > "~" || ch === "*" || ch === "/")) return "raw";
  const last = bytes[at + CALL - 1];
  const odd =
    text.some((_, i) => bytes[at + i] & 1) ||
    text.some((ch) => !/[0-9A-Z ]/.test(ch)) ||
    / [^ ]/.test(text.join("")) ||
    (last & ~0x1e) !== 0 ||
    (text.every((ch) => ch === " ") && last !== 0);
  return odd ? "verbose" : "sane";
}

function callSign(c: Context, at: number): string {
  const name = String.fromCharCode(...characters(c, at)).replace(/ +$/, "");
  const text = `${name}-${(c.memory.bytes[at + CALL - 1] >> 1) & 0xf}`;
  return text.startsWith("-0") ? "*" : text;
}

/** Prints a call sign. */
function printCall(c: Context, at: number): void {
  const sane = readability(c, at);
  const style = sane === "sane" ? c.options.xlat : sane;
  if (style !== "abbrev") {
    c.sink.openStruct();
    c.sink.field("ax25_call");
    c.sink.word(quotedHex(c, at, CALL));
    c.sink.closeStruct();
  }
  if (style === "verbose") c.sink.comment(callSign(c, at));
  else if (style === "abbrev") c.sink.word(callSign(c, at));
}

export const ax25Full: Family = {
  least: ADDRESS,
  print(c, at, length) {
    const { sink } = c;
    const digipeaters = c.memory.view.getInt32(at + 12, true);
    const full = digipeaters !== 0 || length > ADDRESS;
    if (full) {
      sink.field("fsa_ax25");
      sink.openStruct();
    }
    sink.field("sax25_call");
    printCall(c, at + 2);
    sink.field("sax25_ndigis");
    sink.num(digipeaters);
    if (!full) return;
    sink.closeStruct();
    const there = Math.min(Math.floor((length - ADDRESS) / CALL), DIGIPEATERS);
    const wanted = Math.min(Math.max(digipeaters, 0), DIGIPEATERS);
    if (wanted > 0) {
      sink.field("fsa_digipeater");
      sink.openArray();
      for (let i = 0; i < Math.min(there, wanted); i++) {
        sink.item();
        printCall(c, at + ADDRESS + i * CALL);
      }
      if (wanted > there) {
        sink.item();
        sink.more();
      }
      sink.closeArray();
    }
    if (length > there * CALL + ADDRESS) {
      sink.item();
      sink.more();
    }
  },
};
