/** Times to wait at most, which calls replace by what is left of them. */
import type { Context } from "../context.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { readable } from "./bytes.ts";

/** Bytes in each half of the struct a call takes a time in. */
const halfSize = (c: Context): number => (c.call.name.endsWith("_time64") ? 8 : c.longSize);

/** Leaves the two halves of a time at an arena offset in `parts`: seconds, then the fraction. */
function load(c: Context, at: number, parts: number[]): void {
  const size = halfSize(c);
  for (const half of [at, at + size]) {
    c.signedAt(half, size);
    parts.push(c.wordLo, c.wordHi);
  }
}

function print(c: Context, [secLo, secHi, partLo, partHi]: readonly number[], fraction: string): void {
  c.sink.openStruct();
  c.sink.field("tv_sec");
  c.sink.long(secLo, secHi);
  c.sink.field(fraction);
  c.sink.ulong(partLo, halfSize(c) === 8 ? partHi : 0);
  c.sink.closeStruct();
}

/** `left {tv_sec=…}`: the kernel has updated the timeout in an argument; nothing if there is none. */
export function timeLeft(c: Context, arg: number, fraction: string, separator: string): void {
  const lo = c.argLo(arg);
  const hi = c.argHi(arg);
  if (lo === 0 && hi === 0) return;
  c.sink.word(`${separator}left `);
  const at = readable(c, lo, hi, 2 * halfSize(c));
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const parts: number[] = [];
  load(c, at, parts);
  print(c, parts, fraction);
}

/** What `timeout_before` notes at entry: as many numbers, the last of what is noted. */
export const TIMEOUT_WORDS = 4;

/** struct timespec as it was before the call, though what comes before it is shown as it is afterwards. */
registerValue("timeout_before", () => ({
  ...pointerWalker((c, lo, hi) => {
    const parts = c.call.saved.slice(-TIMEOUT_WORDS);
    if (Number.isNaN(parts[0])) c.sink.addr(lo, hi);
    else print(c, parts, "tv_nsec");
  }),
  enter(c: Context, lo: number, hi: number) {
    const at = readable(c, lo, hi, 2 * halfSize(c));
    if (at < 0) c.call.saved.push(Number.NaN, 0, 0, 0);
    else load(c, at, c.call.saved);
  },
}));
