/** Printers that follow pointers: strings, buffers, arrays, vectors, signal sets. */
import { signalName } from "../abi/signals.ts";
import type { ArrayLimit, Length } from "../syscalls/types/types.ts";
import type { Context } from "./context.ts";
import { printNetlink } from "./netlink/message.ts";
import { pointerWalker, type Walker } from "./walker.ts";

const PATH_MAX = 4096;
/** Prints the string at an address; never shortened below PATH_MAX. */
export function printPath(c: Context, lo: number, hi: number): void {
  printString(c, lo, hi, PATH_MAX - 1);
}

/**
 * Prints a NUL-terminated string, at most `limit` bytes of it. One byte more is looked at, to see whether it ends
 * there, unless `beyond` forbids it.
 */
export function printString(c: Context, lo: number, hi: number, limit: number, beyond = true): void {
  const m = c.memory;
  const at = (lo === 0 && hi === 0) || c.failed ? -1 : m.readString(lo, hi, beyond ? limit + 1 : limit);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const length = Math.min(m.got, limit);
  c.sink.str(m.bytes, at, length, m.got > limit || !m.terminated);
}

/**
 * Prints `length` bytes at an address, at most -s of them, and what the engine has copied; `trimmed` leaves out a NUL the
 * shown ones end in.
 */
export function printBytes(c: Context, lo: number, hi: number, length: number, trimmed = false): void {
  const m = c.memory;
  if ((lo === 0 && hi === 0) || length < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  if (length === 0) {
    // an address beyond the program's is none even if nothing is there to be read
    if (c.beyond(hi)) c.sink.addr(lo, hi);
    else c.sink.str(m.bytes, 0, 0, false);
    return;
  }
  const want = Math.min(length, c.options.stringLimit);
  // one byte more than is shown has to be readable, as to strace
  const at = m.readMost(lo, hi, Math.min(length, want + 1));
  const shown = Math.min(want, m.got);
  if (at < 0) c.sink.addr(lo, hi);
  else if (trimmed && m.bytes[at + shown - 1] === 0 && !inHex(c)) c.sink.str(m.bytes, at, shown - 1, false);
  else c.sink.str(m.bytes, at, shown, length > shown);
}

/** Whether -x or -xx show a string with a NUL in it in hexadecimal, all of it. */
export const inHex = (c: Context): boolean => c.options.hexStrings === 1 || c.options.hexStrings === 2;

export const pathWalker = (): Walker => pointerWalker(printPath);

export const stringWalker = (max?: number): Walker =>
  pointerWalker((c, lo, hi) => printString(c, lo, hi, Math.min(max ?? Infinity, c.options.stringLimit)));

/** What was sent or received through the descriptor in argument 0: messages, if it is a netlink socket. */
export function printTransfer(c: Context, lo: number, hi: number, length: number): void {
  const family = length > 0 ? c.options.netlinkFamily?.(c.task.tid, c.argLo(0) | 0) : undefined;
  if (family === undefined || (lo === 0 && hi === 0) || !printNetlink(c, family, lo, hi, length))
    printBytes(c, lo, hi, length);
}

export function bufferWalker(length: Length, wholePath: boolean, socket: boolean): Walker {
  return pointerWalker((c, lo, hi) => {
    if (c.failed) c.sink.addr(lo, hi);
    else if (socket) printTransfer(c, lo, hi, c.length(length));
    else if (wholePath) {
      const n = c.length(length);
      const at = n >= 0 && n <= PATH_MAX ? c.memory.readAll(lo, hi, n) : -1;
      if (at < 0) c.sink.addr(lo, hi);
      else c.sink.str(c.memory.bytes, at, n, false);
    } else printBytes(c, lo, hi, c.length(length));
  });
}

/** Pointer to one value. Scalars are shown in brackets to tell them from the pointer. */
export function pointerTo(to: Walker, bare: boolean): Walker {
  return pointerWalker((c, lo, hi) => {
    const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, to.size(c));
    if (at < 0) {
      c.sink.addr(lo, hi);
    } else if (bare) {
      to.memory(c, at);
    } else {
      c.sink.openArray();
      c.sink.item();
      to.memory(c, at);
      c.sink.closeArray();
    }
  });
}

/** Reads what a pointer points to, unless the call failed or -e verbose= says not to. */
export function follow(c: Context, lo: number, hi: number, size: number): number {
  if (c.failed) return -1;
  if (!c.options.dereference(c.call.name)) return -1;
  return c.memory.readAll(lo, hi, size);
}

/** Adds a byte offset to an address in halves; the high half is left in `addHi`. */
export function addLo(lo: number, offset: number): number {
  return (lo + offset) >>> 0;
}
export function addHi(lo: number, hi: number, offset: number): number {
  return (hi + (lo + offset >= 4294967296 ? 1 : 0)) >>> 0;
}

/** Whether so many values would pass the end of the address space: no array can be there. */
const wraps = (lo: number, hi: number, bytes: number): boolean => bytes + lo + hi * 4294967296 >= 2 ** 64;

/** Pointer to `count` values; shows at most -s of them unless verbose, and says where memory ended. */
export function arrayWalker(of: Walker, count: Length, limit?: ArrayLimit): Walker {
  return pointerWalker((c, lo, hi) => {
    const known = typeof count === "number" || !("ret" in count);
    if (c.failed && !(known && c.length(count) === 0)) c.sink.addr(lo, hi);
    else printArray(c, of, lo, hi, c.length(count), limit);
  });
}

export function printArray(
  c: Context,
  of: Walker,
  lo: number,
  hi: number,
  count: number,
  limit?: ArrayLimit,
): void {
  const size = of.size(c);
  if (lo === 0 && hi === 0) {
    c.sink.addr(lo, hi);
    return;
  }
  if (count === 0) {
    c.sink.openArray();
    c.sink.closeArray();
    return;
  }
  if (
    count < 0 ||
    (limit?.beyond === "address" && count > limit.most) ||
    !c.options.dereference(c.call.name) ||
    wraps(lo, hi, count * size) ||
    c.memory.readAll(lo, hi, size) < 0
  ) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openArray();
  elements(c, lo, hi, size, count, (at) => of.memory(c, at), limit?.most);
  c.sink.closeArray();
}

/** Prints the elements of an array, at most -s of them unless verbose, as far as memory goes. */
export function elements(
  c: Context,
  lo: number,
  hi: number,
  size: number,
  count: number,
  print: (at: number, index: number) => void,
  most = Infinity,
): void {
  const limit = Math.min(count, most, c.verbose ? Infinity : c.options.stringLimit);
  for (let i = 0; i < limit; i++) {
    const l = addLo(lo, i * size);
    const h = addHi(lo, hi, i * size);
    const at = c.memory.readAll(l, h, size);
    c.sink.item();
    if (at < 0) {
      c.sink.more();
      c.sink.comment(`0x${(h * 4294967296 + l).toString(16)}`);
      return;
    }
    print(at, i);
  }
  if (limit < count) {
    c.sink.item();
    c.sink.more();
  }
}

/** An array that is part of a struct. */
export function inlineWalker(of: Walker, count: number): Walker {
  return {
    size: (c) => of.size(c) * count,
    value: (c, lo, hi) => c.sink.hex(lo, hi),
    memory(c, at) {
      c.sink.openArray();
      for (let i = 0; i < count; i++) {
        c.sink.item();
        of.memory(c, at + i * of.size(c));
      }
      c.sink.closeArray();
    },
  };
}

/** struct iovec[]; `bytes` bounds how much of the data is real (what the call transferred). */
export function iovecWalker(count: Length, bytes?: Length): Walker {
  return pointerWalker((c, lo, hi) => {
    const left = bytes === undefined ? Infinity : c.failed ? -1 : c.length(bytes);
    printIovec(c, lo, hi, c.length(count), left);
  });
}

/** Prints `count` iovecs; `left` bytes of their data are meaningful (-1: none, addresses only). */
export function printIovec(
  c: Context,
  lo: number,
  hi: number,
  count: number,
  left: number,
  print = printBytes,
): void {
  if (lo === 0 && hi === 0) {
    c.sink.addr(lo, hi);
    return;
  }
  if (count === 0) {
    c.sink.openArray();
    c.sink.closeArray();
    return;
  }
  const word = c.wordSize;
  if (
    count < 0 ||
    !c.options.dereference(c.call.name) ||
    wraps(lo, hi, count * 2 * word) ||
    c.memory.readAll(lo, hi, 2 * word) < 0
  ) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openArray();
  elements(c, lo, hi, 2 * word, count, (at) => {
    c.wordAt(at);
    const baseLo = c.wordLo;
    const baseHi = c.wordHi;
    c.wordAt(at + word);
    const lenLo = c.wordLo;
    const lenHi = c.wordHi;
    const length = lenLo + lenHi * 4294967296;
    c.sink.openStruct();
    c.sink.field("iov_base");
    if (left < 0) c.sink.addr(baseLo, baseHi);
    else {
      const n = Math.min(length, left);
      left -= n;
      print(c, baseLo, baseHi, n);
    }
    c.sink.field("iov_len");
    c.sink.ulong(lenLo, lenHi);
    c.sink.closeStruct();
  });
  c.sink.closeArray();
}

const NSIG = 64;

/** `[INT TERM]`, or `~[KILL STOP]` when most are set, of a set of `size` signals; `has` counts from 0. */
export function maskText(
  has: (n: number) => boolean,
  size: number,
  style: Context["options"]["xlat"] = "abbrev",
): string {
  const members: number[] = [];
  for (let n = 0; n < size; n++) if (has(n)) members.push(n);
  // counted by whole words
  const inverted = members.length >= Math.floor((Math.ceil(size / 32) * 32 * 2) / 3);
  const shown = inverted ? Array.from({ length: size }, (_, n) => n).filter((n) => !has(n)) : members;
  const names = shown.map((n) => {
    const name = signalName(n + 1).replace(/^SIG/, "");
    return style === "abbrev" ? name : style === "raw" ? String(n + 1) : `${n + 1} /* ${name} */`;
  });
  return `${inverted ? "~" : ""}[${names.join(" ")}]`;
}

/** The same of the mask of `size` bytes at an arena offset. */
export function sigsetText(c: Context, at: number, size: number): string {
  const { bytes } = c.memory;
  // whole ints of bits are looked at, as many as there could be
  const bits = Math.min(NSIG, Math.ceil(size / 4) * 32);
  const has = (n: number) => n < size * 8 && (bytes[at + (n >> 3)] & (1 << (n & 7))) !== 0;
  return maskText(has, bits, c.options.xlat);
}

/** A set of `size` bytes: no fewer than `least`, a word if that is not given. */
export function sigsetWalker(size: Length, least?: number): Walker {
  return pointerWalker((c, lo, hi) => {
    const n = c.length(size);
    const at = (lo === 0 && hi === 0) || n < (least ?? c.wordSize) || n > 8 ? -1 : follow(c, lo, hi, n);
    if (at < 0) c.sink.addr(lo, hi);
    else c.sink.word(sigsetText(c, at, n));
  });
}
