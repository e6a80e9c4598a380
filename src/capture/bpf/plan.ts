/**
 * What memory of the task a call's record must hold so that its descriptor can be decoded later, as data: compiled
 * from descriptors here, into instructions in reads.ts.
 *
 * Memory is read at the call's exit where it can be: by then the kernel has faulted in what it read itself, and
 * reading must not fault. What the call may overwrite is read at entry.
 */
import { layout } from "../../abi/layouts.ts";
import type { Abi } from "../../abi/syscalls.ts";
import type { Arg, Descriptor, Length, Type } from "../../syscalls/types/types.ts";
import { callReads, specialReads } from "./special-reads.ts";

/** An address: an argument (plus bytes), the stack pointer plus bytes, or a word read before into a slot. */
export type Address =
  | { readonly arg: number; readonly plus?: number }
  | { readonly sp: number }
  | { readonly slot: number; readonly word: 4 | 8 };

/** A number of bytes or elements. */
export type Count =
  | number
  | { readonly arg: number; readonly times: number }
  /** The call's result, at most argument `max`; with `times`, bytes of that many elements. */
  | { readonly ret: true; readonly max?: number; readonly times: number }
  | { readonly slot: number; readonly size: 4 | 8; readonly times: number }
  /** What an ioctl's number says (asm-generic/ioctl.h), 64 where it says nothing. */
  | { readonly ioctl: number };

export type Read =
  /** Bytes, at most `max`. */
  | { readonly op: "bytes"; readonly at: Address; readonly count: Count; readonly max: number }
  /** A NUL-terminated string of at most `max` bytes. */
  | { readonly op: "string"; readonly at: Address; readonly max: number }
  /** Words into a slot, for the reads that follow; they are recorded too. */
  | { readonly op: "words"; readonly at: Address; readonly bytes: number; readonly slot: number }
  /** struct iovec[]; at most `each` bytes of what each points to, all in all at most `total`. */
  | {
      readonly op: "vector";
      readonly at: Address;
      readonly count: Count;
      readonly total: Count | undefined;
      readonly each: number;
      readonly most: number;
      readonly word: 4 | 8;
    }
  /** Pointers ended by NULL, and the string behind each of the first `most`. */
  | {
      readonly op: "strings";
      readonly at: Address;
      readonly each: number;
      readonly most: number;
      readonly word: 4 | 8;
    }
  /** If the bits of an argument under `mask` are among `values` (or any is set). */
  | {
      readonly op: "if";
      readonly arg: number;
      readonly mask: number;
      readonly values: readonly number[] | undefined;
      readonly reads: readonly Read[];
    }
  /** If the call succeeded. */
  | { readonly op: "succeeded"; readonly reads: readonly Read[] };

export interface Plan {
  readonly entry: readonly Read[];
  readonly exit: readonly Read[];
}

export interface PlanOptions {
  /** -s: bytes of strings, elements of arrays. */
  readonly stringLimit: number;
  /** Structures and arrays print in full. */
  readonly verbose: boolean;
}

/** What a plan is compiled with: sizes of one ABI. */
export interface Scope extends PlanOptions {
  readonly abi: Abi;
  readonly word: 4 | 8;
  readonly names: readonly string[];
  /** Most elements of an array that are shown. */
  readonly elements: number;
}

const PATH_MAX = 4096;
/** Most bytes of one buffer that are copied, and of each that a vector points to. */
export const LARGEST = 4096;
export const EACH = 1024;
const NOTHING: Plan = { entry: [], exit: [] };
/** Memory that fits in so many bytes may be read at entry even if nobody else is known to change it. */
const SMALL = 256;

/** Most bytes that are copied of a buffer of which at most `shown` are shown. */
export const bufferLimit = (shown: number): number => Math.min(Math.max(shown, 1), LARGEST);

export function planOf(d: Descriptor | undefined, abi: Abi, options: PlanOptions): Plan {
  if (!d) return NOTHING;
  const word = abi === "i386" || abi === "x32" ? 4 : 8;
  const elements = options.verbose ? 512 : Math.min(options.stringLimit, 512);
  const scope: Scope = { ...options, abi, word, names: d.args.map((a) => a.name), elements };
  if (d.special) return callReads[d.special]?.(scope) ?? NOTHING;
  const aux = d.aux !== undefined;
  const main = argsPlan(d.args, scope, aux, d.name);
  if (!d.variants) return main;
  const by = d.args.findIndex((a) => a.name === d.variants!.by);
  const entry: Read[] = [];
  const exit: Read[] = [];
  for (const [value, args] of d.variants.cases) {
    const p = argsPlan(args, { ...scope, names: args.map((a) => a.name) }, aux, d.name);
    const when = (reads: readonly Read[]): Read => ({
      op: "if",
      arg: by,
      mask: d.variants!.mask ?? 0xffffffff,
      values: [value],
      reads,
    });
    if (p.entry.length > 0) entry.push(when(p.entry));
    if (p.exit.length > 0) exit.push(when(p.exit));
  }
  // values without a case of their own read as the main list does; mostly that is nothing
  return { entry: [...main.entry, ...merged(entry)], exit: [...main.exit, ...merged(exit)] };
}

/** Cases that read the same are one case of several values. */
function merged(cases: readonly Read[]): Read[] {
  const byReads = new Map<string, Extract<Read, { op: "if" }>>();
  for (const c of cases) {
    if (c.op !== "if") continue;
    const key = JSON.stringify(c.reads);
    const same = byReads.get(key);
    byReads.set(key, same ? { ...same, values: [...same.values!, ...c.values!] } : c);
  }
  return [...byReads.values()];
}

function argsPlan(args: readonly Arg[], scope: Scope, aux: boolean, name: string): Plan {
  const entry: Read[] = [];
  const exit: Read[] = [];
  const writes = aux || args.some((a) => a.dir !== "in");
  const execs = name === "execve" || name === "execveat";
  args.forEach(({ type, dir }, i) => {
    const reads = typeReads(type, i, scope);
    if (reads.length === 0) return;
    if (dir === "inout") {
      entry.push(...reads);
      exit.push(...reads);
    } else if (dir === "out") {
      // a vector's addresses are the caller's, whatever came of it
      if (type.kind === "special" || type.kind === "iovec") exit.push(...reads);
      else exit.push({ op: "succeeded", reads });
    } else if (execs) entry.push(...reads);
    else {
      exit.push(...reads);
      if (writes && reads.every(small)) entry.push(...reads);
    }
  });
  return { entry, exit };
}

function small(r: Read): boolean {
  if (r.op === "if" || r.op === "succeeded") return r.reads.every(small);
  return r.op === "bytes" && typeof r.count === "number" && r.count <= SMALL;
}

/** What an argument's type reads. */
function typeReads(type: Type, i: number, scope: Scope): Read[] {
  const at: Address = { arg: i };
  const limit = scope.stringLimit;
  switch (type.kind) {
    case "path":
      return [{ op: "string", at, max: PATH_MAX }];
    case "cstring":
      return [{ op: "string", at, max: Math.min(type.max ?? limit, limit, LARGEST - 2) + 2 }];
    case "buffer":
      return [
        {
          op: "bytes",
          at,
          count: count(type.length, 1, scope),
          max: type.path ? PATH_MAX : bufferLimit(limit),
        },
      ];
    case "pointer":
      return fixed(at, sizeOf(type.to, scope));
    case "array": {
      const size = sizeOf(type.of, scope);
      if (size === 0) return [];
      return [
        {
          op: "bytes",
          at,
          count: count(type.count, size, scope),
          max: Math.min(Math.max(scope.elements, 1) * size, LARGEST),
        },
      ];
    }
    case "iovec":
      return [vector(at, count(type.count, 1, scope), type.bytes && count(type.bytes, 1, scope), scope)];
    case "sockaddr":
      return type.inout
        ? fixed(at, 128)
        : [{ op: "bytes", at, count: count(type.length, 1, scope), max: 128 }];
    case "sigset":
      return fixed(at, 8);
    case "optional":
      return when(scope.names.indexOf(type.arg), type.mask, type.values, typeReads(type.of, i, scope));
    case "switch": {
      if (!("arg" in type.on)) return [];
      const on = scope.names.indexOf(type.on.arg);
      return [...type.cases].flatMap(([value, t]) => when(on, 0xffffffff, [value], typeReads(t, i, scope)));
    }
    case "special": {
      const made = specialReads[type.name]?.(at, scope, type.data);
      if (made) return made;
      if (type.reads === "string") return [{ op: "string", at, max: PATH_MAX }];
      return type.reads ? fixed(at, type.reads) : [];
    }
    default:
      return [];
  }
}

export const vector = (at: Address, n: Count, total: Count | undefined, scope: Scope): Read => ({
  op: "vector",
  at,
  count: n,
  total,
  each: Math.min(Math.max(scope.stringLimit, 1), EACH),
  most: Math.min(Math.max(scope.elements, 1), 32),
  word: scope.word,
});

function when(arg: number, mask: number, values: readonly number[] | undefined, reads: Read[]): Read[] {
  return reads.length === 0 || arg < 0 ? [] : [{ op: "if", arg, mask, values, reads }];
}

/** Exactly `bytes` bytes. */
export function fixed(at: Address, bytes: number): Read[] {
  return bytes > 0 ? [{ op: "bytes", at, count: bytes, max: Math.min(bytes, LARGEST) }] : [];
}

function count(length: Length, size: number, scope: Scope): Count {
  if (typeof length === "number") return length * size;
  if ("arg" in length) return { arg: scope.names.indexOf(length.arg), times: (length.times ?? 1) * size };
  if ("field" in length) return LARGEST;
  const max = length.max === undefined ? undefined : scope.names.indexOf(length.max);
  return { ret: true, max, times: size };
}

/** Bytes in the kernel's long. */
export const longOf = (scope: Scope): number => (scope.abi === "i386" ? 4 : 8);

/** Bytes a value occupies in memory. */
function sizeOf(type: Type, scope: Scope): number {
  switch (type.kind) {
    case "struct":
      return layout(scope.abi, type.layout).size;
    case "inline":
      return sizeOf(type.of, scope) * type.count;
    case "flags":
    case "enum":
      return type.wide ? 8 : 4;
    case "special":
      return typeof type.reads === "number" && type.reads > 0 ? type.reads : 8;
    case "int":
    case "uint":
    case "hex32":
    case "fd":
    case "dirfd":
    case "pid":
    case "uid":
    case "gid":
    case "signal":
    case "errno":
    case "mode":
    case "umode":
      return 4;
    case "short":
    case "ushort":
      return 2;
    case "byte":
      return 1;
    case "long":
    case "ulong":
    case "time":
      return longOf(scope);
    case "addr":
      return scope.word;
    case "switch":
      return Math.max(
        sizeOf(type.otherwise, scope),
        ...[...type.cases.values()].map((t) => sizeOf(t, scope)),
      );
    case "optional":
      return sizeOf(type.of, scope);
    default:
      return 8;
  }
}
