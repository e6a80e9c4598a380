/** execve(2)'s vectors: argv as an array of strings, envp as an address with the number of variables. */
import type { Context } from "../context.ts";
import { addHi, addLo, printString } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";

/** The kernel's own limit is on total size; this bounds how far a vector without end is followed. */
const MAX_POINTERS = 65536;
const CHUNK = 512;

interface Vector {
  /** Halves of each pointer, up to the limit asked for. */
  readonly pointers: readonly number[];
  readonly count: number;
  /** Where reading failed, if the NULL at the end was not found. */
  readonly brokenAt: readonly [lo: number, hi: number] | undefined;
}

/** Reads a vector of pointers ended by NULL, remembering the first `keep` of them. */
function readVector(c: Context, lo: number, hi: number, keep: number): Vector | undefined {
  const word = c.wordSize;
  const pointers: number[] = [];
  let count = 0;
  while (count < MAX_POINTERS) {
    const l = addLo(lo, count * word);
    const h = addHi(lo, hi, count * word);
    const at = c.memory.read(l, h, CHUNK);
    const got = at < 0 ? 0 : Math.floor(c.memory.got / word);
    if (got === 0) return count === 0 ? undefined : { pointers, count, brokenAt: [l, h] };
    for (let i = 0; i < got; i++) {
      c.wordAt(at + i * word);
      if (c.wordLo === 0 && c.wordHi === 0) return { pointers, count, brokenAt: undefined };
      if (count < keep) pointers.push(c.wordLo, c.wordHi);
      count++;
    }
  }
  return { pointers, count, brokenAt: [addLo(lo, count * word), addHi(lo, hi, count * word)] };
}

function printVector(c: Context, v: Vector, limit: number): void {
  c.sink.openArray();
  for (let i = 0; i < v.pointers.length; i += 2) {
    c.sink.item();
    printString(c, v.pointers[i], v.pointers[i + 1], c.options.stringLimit);
  }
  if (v.count > limit) {
    c.sink.item();
    c.sink.more();
  } else if (v.brokenAt) {
    const [lo, hi] = v.brokenAt;
    c.sink.item();
    c.sink.more();
    c.sink.comment(`0x${(hi * 4294967296 + lo).toString(16)}`);
  }
  c.sink.closeArray();
}

registerValue("argv", () =>
  pointerWalker((c, lo, hi) => {
    const limit = c.verbose ? MAX_POINTERS : c.options.stringLimit;
    const v =
      (lo === 0 && hi === 0) || !c.options.dereference(c.call.name)
        ? undefined
        : readVector(c, lo, hi, limit);
    if (v) printVector(c, v, limit);
    else c.sink.addr(lo, hi);
  }),
);

registerValue("envp", () =>
  pointerWalker((c, lo, hi) => {
    const v =
      (lo === 0 && hi === 0) || !c.options.dereference(c.call.name)
        ? undefined
        : readVector(c, lo, hi, c.verbose ? MAX_POINTERS : 0);
    if (!v) c.sink.addr(lo, hi);
    else if (c.verbose) printVector(c, v, MAX_POINTERS);
    else {
      c.sink.addr(lo, hi);
      c.sink.comment(`${v.count} var${v.count === 1 ? "" : "s"}${v.brokenAt ? ", unterminated" : ""}`);
    }
  }),
);
