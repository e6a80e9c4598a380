/** Members of bpf(2)'s attributes: where they are, and how each prints. */
import type { FlagSet } from "../../abi/flags.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { printArray, printBytes, printPath, printString } from "../pointers.ts";
import { printInterface } from "./addresses.ts";
import { printProgram } from "./instructions.ts";

const ROOM = 192;

/** The attributes of one call, padded with zeros. */
export class Attributes {
  readonly view = new DataView(new ArrayBuffer(ROOM));

  constructor(
    readonly c: Context,
    /** Where they are in the arena, and how many bytes of them. */
    readonly at: number,
    readonly size: number,
  ) {
    new Uint8Array(this.view.buffer).set(c.memory.bytes.subarray(at, at + Math.min(size, ROOM)));
  }

  u32(offset: number): number {
    return this.view.getUint32(offset, true);
  }
}

export type Print = (c: Context, a: Attributes, at: number) => void;
/** Name, offset, printer; or the offset up to which the attributes must reach for more to follow. */
export type Step =
  | readonly [name: string, at: number, print: Print]
  | number
  | ((a: Attributes) => readonly Step[]);

export const fdWalker = compile({ kind: "fd" });
const pidWalker = compile({ kind: "pid" });
export const u32: Print = (c, a, at) => c.sink.num(a.u32(at));
export const s32: Print = (c, a, at) => c.sink.num(a.u32(at) | 0);
export const hex32: Print = (c, a, at) => c.sink.hex(a.u32(at), 0);
export const u64: Print = (c, a, at) => c.sink.ulong(a.u32(at), a.u32(at + 4));
export const hex64: Print = (c, a, at) => c.sink.hex(a.u32(at), a.u32(at + 4));
export const addr: Print = (c, a, at) => c.sink.addr(a.u32(at), a.u32(at + 4));
export const fd: Print = (c, a, at) => fdWalker.value(c, a.u32(at), 0);
export const process: Print = (c, a, at) => pidWalker.value(c, a.u32(at), 0);
export const network: Print = (c, a, at) => printInterface(c, a.u32(at));
export const path: Print = (c, a, at) => printPath(c, a.u32(at), a.u32(at + 4));
export const one =
  (set: FlagSet): Print =>
  (c, a, at) =>
    printEnum(c, set, a.u32(at));
export const one64 =
  (set: FlagSet): Print =>
  (c, a, at) =>
    printEnum(c, set, a.u32(at), a.u32(at + 4));
export const some =
  (set: FlagSet): Print =>
  (c, a, at) =>
    printFlags(c, set, a.u32(at));
export const some64 =
  (set: FlagSet): Print =>
  (c, a, at) =>
    printFlags(c, set, a.u32(at), a.u32(at + 4));
/** Text of at most so many bytes; the last of them should be a NUL. */
export const text =
  (size: number): Print =>
  (c, a, at) => {
    const room = Math.min(size, a.size - at);
    const bytes = new Uint8Array(a.view.buffer);
    let length = 0;
    while (length < room && bytes[at + length] !== 0) length++;
    c.sink.str(bytes, at, Math.min(length, room - 1), length === room);
  };
export const string =
  (limit: (a: Attributes) => number): Print =>
  (c, a, at) => {
    const most = limit(a);
    const lo = a.u32(at);
    const hi = a.u32(at + 4);
    const { stringLimit } = c.options;
    // where there is room for nothing the string is empty, not shortened
    if (most === 0) printBytes(c, lo, hi, 0);
    else printString(c, lo, hi, Math.min(most, stringLimit), most > stringLimit);
  };
export const numbers =
  (count: (a: Attributes) => number, set?: FlagSet): Print =>
  (c, a, at) => {
    const lo = a.u32(at);
    const hi = a.u32(at + 4);
    const walker = compile(set ? { kind: "flags", set } : { kind: "uint" });
    if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
    else printArray(c, walker, lo, hi, count(a));
  };
export const program: Print = (c, a, at) => printProgram(c, a.u32(at), a.u32(at + 4), a.u32(4));
export const version: Print = (c, a, at) => {
  const n = a.u32(at);
  c.sink.xlat(n, 0, `KERNEL_VERSION(${n >>> 16}, ${(n >>> 8) & 0xff}, ${n & 0xff})`, "", "hex");
};
/** A number that the call may change: as it was, then as it is. */
export const changing: Print = (c, a, at) => {
  const [before] = c.call.saved;
  if (before !== undefined && before !== a.u32(at)) {
    c.sink.num(before);
    c.sink.becomes();
  }
  c.sink.num(a.u32(at));
};

/** False if the attributes ended before the steps did. */
export function printSteps(c: Context, a: Attributes, steps: readonly Step[]): boolean {
  for (const step of steps) {
    if (typeof step === "number") {
      if (a.size <= step) return false;
    } else if (typeof step === "function") printSteps(c, a, step(a));
    else {
      c.sink.field(step[0]);
      step[2](c, a, step[1]);
    }
  }
  return true;
}
