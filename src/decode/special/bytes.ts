/** Helpers shared by special printers. */

import type { Context } from "../context.ts";
import { pointerWalker, type Walker } from "../walker.ts";

/** A number in a register or field of `size` bytes, printed from its halves. */
export function valueWalker(
  size: 4 | 8 | "word" | "long",
  value: (c: Context, lo: number, hi: number) => void,
): Walker {
  const bytes = (c: Context) => (size === "word" ? c.wordSize : size === "long" ? c.longSize : size);
  return {
    size: bytes,
    value,
    memory(c, at) {
      const { view } = c.memory;
      value(c, view.getUint32(at, true), bytes(c) === 8 ? view.getUint32(at + 4, true) : 0);
    },
  };
}

/** A pointer to `size` bytes, shown by `print`, or as an address when there is nothing to show. */
export function pointed(size: number, print: (c: Context, at: number) => void): Walker {
  return pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, size);
    if (at < 0) c.sink.addr(lo, hi);
    else print(c, at);
  });
}

/** A number in hexadecimal of a width that includes `0x`; zero is digits only. */
export const padded = (value: number): string =>
  value === 0 ? "00000000" : `0x${value.toString(16).padStart(6, "0")}`;

/** Offset of `size` bytes of the tracee, or -1 when there is nothing meaningful. */
export function readable(c: Context, lo: number, hi: number, size: number): number {
  if ((lo === 0 && hi === 0) || c.failed || !c.options.dereference(c.call.name)) return -1;
  return c.memory.readAll(lo, hi, size);
}

/** Bytes quoted with every byte in hexadecimal, at most -s of them. */
export function hexQuoted(c: Context, at: number, length: number, limit = c.options.stringLimit): void {
  const { bytes } = c.memory;
  let text = '"';
  for (let i = 0; i < Math.min(length, limit); i++)
    text += `\\x${bytes[at + i].toString(16).padStart(2, "0")}`;
  c.sink.word(`${text}"${length > limit ? "..." : ""}`);
}

/** Prints `name=` and an unsigned 64-bit field. */
export function ulongField(c: Context, name: string, at: number): void {
  c.sink.field(name);
  c.sink.ulong(c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
}

const PAGE = 4096;

/** What follows a struct the kernel extends over time, up to a page of all: undefined if it is all zero. */
export function trailing(c: Context, lo: number, hi: number, from: number, size: number): string | undefined {
  const end = Math.min(size, PAGE);
  if (end <= from) return undefined;
  const length = end - from;
  const at = c.memory.readAll((lo + from) >>> 0, hi + (lo + from > 0xffffffff ? 1 : 0), length);
  if (at < 0) return "???";
  const { bytes } = c.memory;
  if (bytes.subarray(at, at + length).every((b) => b === 0)) return undefined;
  const shown = Math.min(length, c.options.stringLimit);
  const text = [...bytes.subarray(at, at + shown)]
    .map((b) => `\\x${b.toString(16).padStart(2, "0")}`)
    .join("");
  return `/* bytes ${from}..${end - 1} */ "${text}"${length > shown ? "..." : ""}`;
}

/** Shows that as one more member. */
export function trailingBytes(c: Context, lo: number, hi: number, from: number, size: number): void {
  const text = trailing(c, lo, hi, from, size);
  if (text === undefined) return;
  c.sink.item();
  c.sink.word(text);
}
