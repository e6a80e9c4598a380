/** What netlink attributes hold: integers, names, addresses, C structs. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import type { ScalarKind, Type } from "../../syscalls/types/types.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum, printFlags } from "../flags.ts";
import { inHex } from "../pointers.ts";
import { inet4Text, inet6Text, inetField, octets, printInterface, symbolic } from "../special/addresses.ts";
import { tickComment } from "../special/time.ts";
import { printField } from "../structs.ts";
import { hexString, type Scope, type Value } from "./attrs.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** A value of exactly or at least `size` bytes, printed from its two halves. */
function integer(size: number, print: (c: Context, lo: number, hi: number) => void, signed = false): Value {
  return (c, at, length) => {
    if (length < size) return false;
    if (size === 8) print(c, c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
    else print(c, c.integer(at, size, signed), 0);
    return true;
  };
}
const decimal = (c: Context, lo: number, hi: number) => c.sink.ulong(lo >>> 0, hi);
const hexadecimal = (c: Context, lo: number, hi: number) => c.sink.hex(lo, hi);

export const u8 = integer(1, decimal);
export const u16 = integer(2, decimal);
export const u32 = integer(4, decimal);
export const u64 = integer(8, decimal);
export const s32 = integer(4, (c, lo) => c.sink.num(lo | 0), true);
export const x16 = integer(2, hexadecimal);
export const x32 = integer(4, hexadecimal);
export const uid = integer(4, (c, lo) => c.sink.num(lo >>> 0 === 0xffffffff ? -1 : lo >>> 0));
export const ifindex = integer(4, (c, lo) => printInterface(c, lo >>> 0));
/** A value that is no longer than an integer can be. */
const atMost8 =
  (value: Value): Value =>
  (c, at, length, scope) =>
    length <= 8 && value(c, at, length, scope);
export const flags = (set: FlagSet, size: 1 | 2 | 4 = 4): Value =>
  atMost8(integer(size, (c, lo) => printFlags(c, set, lo >>> 0)));
/** Flags in the first bytes of a value that may be longer. */
export const flagsFirst = (set: FlagSet): Value => integer(4, (c, lo) => printFlags(c, set, lo >>> 0));
/** One name of a set in the first bytes of a value that may be longer. */
export const oneOfFirst = (set: FlagSet, size: 1 | 2 | 4 = 4): Value =>
  integer(size, (c, lo) => printEnum(c, set, lo >>> 0));
export const oneOf = (set: FlagSet, size: 1 | 2 | 4 = 4): Value =>
  atMost8(integer(size, (c, lo) => printEnum(c, set, lo >>> 0)));

/** One name of a set, the number being as long as the attribute is, up to 8 bytes. */
export const oneOfAny =
  (set: FlagSet): Value =>
  (c, at, length) => {
    if (length > 8) return false;
    let [lo, hi] = [0, 0];
    for (let i = 0; i < length; i++) {
      const byte = c.memory.bytes[at + i];
      if (i < 4) lo |= byte << (8 * i);
      else hi |= byte << (8 * (i - 4));
    }
    printEnum(c, set, lo >>> 0, hi >>> 0);
    return true;
  };

/** Which of the numbers of a set are members: `1<<A|1<<B`. */
export function bitsOf(c: Context, set: FlagSet, bits: number, fallback = ""): void {
  const names: string[] = [];
  let rest = bits >>> 0;
  for (const [value, name] of set.entries) {
    const bit = (1 << Number(value)) >>> 0;
    if ((rest & bit) === 0) continue;
    names.push(`1<<${name}`);
    rest = (rest & ~bit) >>> 0;
  }
  if (names.length === 0 && rest === 0) c.sink.num(0);
  else if (names.length === 0) c.sink.xlat(rest, 0, undefined, fallback || `1<<${set.fallback}`, "hex");
  else c.sink.xlat(bits >>> 0, 0, names.concat(rest ? [`0x${rest.toString(16)}`] : []).join("|"), "", "hex");
}

/** A table of routes: by name, or by number without saying that it has none. */
export const routeTable = integer(4, (c, lo) => {
  const name = enumName(F.nl_route_tables, lo);
  if (name === undefined) c.sink.hex(lo, 0);
  else c.sink.xlat(lo, 0, name, "", "hex");
});

/** Clock ticks of 1/100 second. */
export const ticks = atMost8(
  integer(8, (c, lo, hi) => {
    c.sink.ulong(lo, hi);
    tickComment(c, lo, hi);
  }),
);
/** A number in network byte order. */
export const port: Value = (c, at, length) => {
  if (length < 2) return false;
  c.sink.word(`htons(${c.memory.view.getUint16(at)})`);
  return true;
};
export const be64: Value = (c, at, length) => {
  if (length < 8) return false;
  c.sink.word(`htobe64(${c.memory.view.getBigUint64(at)})`);
  return true;
};

/** A string as long as the attribute; a NUL at its end is not shown, unless in hexadecimal, the lack of one is. */
export const text: Value = (c, at, length) => {
  // the last byte that is shown counts as the end if it is a NUL
  const shown = Math.min(length, c.options.stringLimit);
  const ended = shown > 0 && c.memory.bytes[at + shown - 1] === 0 && !inHex(c);
  c.sink.str(c.memory.bytes, at, ended ? shown - 1 : shown, !ended);
  return true;
};

/** A string that ends at the first NUL. */
export const cstring: Value = (c, at, length) => {
  const end = c.memory.bytes.subarray(at, at + length).indexOf(0);
  const n = end < 0 ? length : end;
  const shown = Math.min(n, c.options.stringLimit);
  c.sink.str(c.memory.bytes, at, shown, shown < n || end < 0);
  return true;
};

/** linux/netdevice.h */
const MAX_ADDR_LEN = 32;

/** A hardware address of as many bytes as there are. */
export const hardware: Value = (c, at, length) => {
  if (length > MAX_ADDR_LEN) return false;
  symbolic(c, at, length, octets(c, at, length));
  return true;
};
/** Address lengths by ARPHRD_* (linux/if_arp.h, and the drivers that register the types). */
const hardwareLengths: ReadonlyMap<number, number> = new Map([
  [0, 7],
  [1, 6],
  [3, 7],
  [6, 6],
  [7, 1],
  [15, 2],
  [24, 16],
  [27, 8],
  [32, 20],
]);
/** A hardware address of the kind of link the message is about. */
export const linkAddress: Value = (c, at, length, scope) => {
  if (length > MAX_ADDR_LEN) return false;
  const n = Math.min(hardwareLengths.get(scope.hardware) ?? length, length);
  symbolic(c, at, n, octets(c, at, n));
  return true;
};

/** Prints an address without a name. */
function printInet(c: Context, at: number, family: number): void {
  const n = addressLength(family);
  const bytes = c.memory.bytes.subarray(at, at + n);
  symbolic(c, at, n, family === AF_INET ? inet4Text(c, bytes) : `${inet6Text(c, bytes)})`);
}
const addressLength = (family: number) => (family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0);
const AF_MPLS = 28;

/** An address of a given family. */
export const addressOf =
  (family: number): Value =>
  (c, at, length) => {
    if (length < addressLength(family)) return false;
    printInet(c, at, family);
    return true;
  };
/** An address of the family the message is about. */
export const address: Value = (c, at, length, { family }) => {
  const n = addressLength(family);
  if (n === 0 || length < n) return false;
  printInet(c, at, family);
  return true;
};
/** A field that is an address: `name=inet_addr("…")` or `inet_pton(AF_INET6, "…", &name)`. */
export function addressField(c: Context, name: string, at: number, length: number, family: number): void {
  const n = addressLength(family);
  if (n > 0 && length >= n) inetField(c, name, at, family);
  else {
    c.sink.field(name);
    hexString(c, at, length);
  }
}
export { AF_INET, AF_INET6, AF_MPLS };

interface ArrayOptions {
  /** What follows the names, which begin at 1 then. */
  readonly suffix?: string;
  readonly signed?: boolean;
}

/** Members of an array of integers of `size` bytes, each with its index by name if `names` is given. */
export const array =
  (size: 2 | 4 | 8, names?: FlagSet, { suffix = "", signed = false }: ArrayOptions = {}): Value =>
  (c, at, length) => {
    const count = Math.floor(length / size);
    if (count === 0) return false;
    const { sink } = c;
    sink.openArray();
    for (let i = 0; i < count; i++) {
      sink.item();
      if (i === c.options.stringLimit && !c.verbose) {
        sink.more();
        break;
      }
      const here = at + i * size;
      const value =
        size === 8
          ? c.memory.view.getBigUint64(here, true).toString()
          : String(c.integer(here, size, signed));
      if (names) {
        const name = enumName(names, i + (suffix ? 1 : 0));
        sink.word("[");
        sink.xlat(i, 0, name && name + suffix, names.fallback, "unsigned");
        sink.word("]=");
      }
      sink.word(value);
    }
    sink.closeArray();
    return true;
  };

const bySize: Readonly<Record<number, ScalarKind>> = { 1: "byte", 2: "ushort", 4: "uint", 8: "ulong" };

export interface RecordOptions {
  /** Types of fields that are not plain unsigned numbers; undefined leaves one out. */
  readonly fields?: Readonly<Record<string, Type | undefined>>;
  /** Bytes without which it is not this struct, if less than all: later kernels made it longer. */
  readonly least?: number;
  /** Fields printed after these, which data cannot describe. */
  /** Fields that should be 0, shown where they are not. */
  readonly reserved?: readonly string[];
  readonly rest?: (c: Context, at: number, length: number) => void;
}

/** A C struct. Padding is not shown; fields beyond the attribute's end are not there. */
export function record(name: string, { fields = {}, least, reserved = [], rest }: RecordOptions = {}): Value {
  const scalars: ReadonlySet<string> = new Set(["struct", "inline", "special", "switch", "array"]);
  return (c, at, length) => {
    const { size, fields: all } = layout(c.call.abi, name);
    if (length < (least ?? size)) return false;
    c.sink.openStruct();
    for (const field of all) {
      if (reserved.includes(field.name)) {
        const value =
          length < field.offset + field.size ? 0 : c.integer(at + field.offset, field.size, false);
        if (value === 0) continue;
        c.sink.field(field.name);
        c.sink.hex(value, 0);
        continue;
      }
      if (/^(_|pad|.*_pad\d*$|.*_(reserved|unused))/.test(field.name) && !(field.name in fields)) continue;
      if (field.name in fields && fields[field.name] === undefined) continue;
      if (field.offset + field.size * field.count > length) break;
      const type = fields[field.name] ?? ({ kind: field.signed ? "int" : bySize[field.size] } as Type);
      c.sink.field(field.name);
      printField(c, field, compile(type), !scalars.has(type.kind), at);
    }
    rest?.(c, at, length);
    c.sink.closeStruct();
    return true;
  };
}

/** Runs a value printer over bytes that may not hold one. */
export function show(value: Value, c: Context, at: number, length: number, scope: Scope): void {
  if (!value(c, at, length, scope)) hexString(c, at, length);
}
