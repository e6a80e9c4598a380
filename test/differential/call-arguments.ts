/**
 * Arguments for every call, made from its descriptor: every flag and name, unknown bits, pointers to memory of many
 * sorts, bad ones, ones whose memory ends too early, lengths that make no sense.
 */
import type { FlagSet } from "../../src/abi/flags.ts";
import { syscallName } from "../../src/abi/syscalls.ts";
import { descriptor } from "../../src/syscalls/index.ts";
import type { Arg, Type } from "../../src/syscalls/types/types.ts";
import type { Script } from "./calls.ts";

type Value = number | bigint;

/** 64-bit words in memory. */
export function words(...values: readonly Value[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((n, i) => void bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(n)), 8 * i));
  return bytes;
}

/** 32-bit words in memory. */
function halves(count: number, value: (i: number) => number): Buffer {
  const bytes = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) bytes.writeUInt32LE(value(i) >>> 0, 4 * i);
  return bytes;
}

const text = (s: string, size = s.length + 1) => Buffer.from(s.padEnd(size, "\0"), "latin1");

/** A small generator of numbers that are the same at every run. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** Memory of many sorts; the fields are addresses. */
export interface Places {
  readonly strings: readonly number[];
  readonly structs: readonly number[];
  readonly vectors: readonly number[];
  readonly bad: readonly Value[];
}

export function places(script: Script): Places {
  const random = numbersFrom(77);
  const name = script.at(text("/some/path", 64));
  const strings = [
    name,
    script.at(text("")),
    script.at(text("a long name of sixty bytes and more, which passes every limit but PATH_MAX", 100)),
    script.at(text('q"\\\t\n\r\v\f\x01\x07\x1b7\x009\x7f\xff\xc3\xa9', 40)),
    script.at(text("x".repeat(5000))),
  ];
  const structs = [
    script.at(
      halves(1024, (i) => i + 1),
      4096,
    ),
    script.at(words(...Array.from({ length: 256 }, (_, i) => i + 1)), 4096),
    script.at(Buffer.alloc(4096, 0xff), 4096),
    script.at(Buffer.alloc(4096), 4096),
    script.at(
      Uint8Array.from({ length: 4096 }, (_, i) => (7 * i + 1) & 255),
      4096,
    ),
    script.at(
      halves(512, () => random() & random() & random()),
      4096,
    ),
    script.at(
      halves(512, () => random()),
      4096,
    ),
  ];
  const [small] = structs;
  const vectors = [
    script.at(words(name, 4, small, 8, 0, 0, 0, 0, structs[2], 40, strings[2], 70, 0, 0)),
    script.at(words(name, strings[2], strings[1], strings[3], 0, 0, 0, 0)),
    script.at(words(small, structs[1], structs[2], structs[3], structs[4], small, 3, small, 8, small, 5, 0)),
    script.at(words(name, 0xffffffffffffffffn, 8, small, 1, 0x7fffffff00n, name, 1, 2, 3, 0, 0)),
  ];
  return { strings, structs, vectors, bad: [0, 1, 0xffffffffffffffffn, 0x123456789abcdef0n] };
}

const setValues = (set: FlagSet): number[] => set.entries.map(([v]) => Number(v));

function flagValues(set: FlagSet, base: FlagSet | undefined, wide: boolean): Value[] {
  const known = set.entries.reduce((m, [v]) => m | BigInt(v), 0n);
  let unknown = 1n;
  while (unknown & known) unknown <<= 1n;
  const first = BigInt(set.entries.find(([v]) => Number(v) !== 0)?.[0] ?? 0);
  return [
    ...setValues(set),
    ...(base ? setValues(base).flatMap((v): Value[] => [v, BigInt(v) | first, BigInt(v) | unknown]) : []),
    0,
    known,
    unknown,
    first | unknown,
    0xffffffffn,
    0xffffffffffffffffn,
    first | 0x100000000n,
    ...(wide ? [0x8000000000000000n] : []),
  ];
}

const enumValues = (set: FlagSet): Value[] => {
  const values = setValues(set);
  const most = Math.min(Math.max(0, ...values), 0x7ffffffe);
  return [...values, most + 1, -1, 0, BigInt(values[0] ?? 0) | 0x100000000n, 0x7fffffff, 0xdeadbeefn];
};

const plain: readonly Value[] = [
  0,
  1,
  2,
  3,
  7,
  8,
  16,
  24,
  64,
  100,
  4096,
  -1,
  -100,
  0x7fffffff,
  0x80000000,
  0x100000005n,
  0xffffffff00000001n,
];
const lengths: readonly Value[] = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  9,
  16,
  31,
  32,
  33,
  48,
  56,
  64,
  72,
  100,
  120,
  128,
  136,
  1000,
  4096,
  4097,
  -1,
  0x7fffffff,
  0x80000000,
  0x100000002n,
];

/** What an argument of a type can be. */
function valuesOf(type: Type, p: Places, script: Script): readonly Value[] {
  const ends = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 100, 128, 144].map((n) => script.end - n);
  const pointers = [...p.structs, ...p.vectors, ...p.strings, ...p.bad, script.end, ...ends];
  switch (type.kind) {
    case "flags":
      return flagValues(type.set, type.base, type.wide ?? false);
    case "enum":
      return enumValues(type.set);
    case "path":
    case "cstring":
    case "buffer":
    case "sockaddr":
      return [...p.strings, p.structs[4], p.structs[3], ...p.bad, script.end, ...ends.slice(0, 6)];
    case "iovec":
    case "pointer":
    case "array":
    case "struct":
    case "sigset":
      return pointers;
    case "switch":
      return [
        ...new Set([...type.cases.values(), type.otherwise].flatMap((t) => [...valuesOf(t, p, script)])),
      ];
    case "optional":
      return valuesOf(type.of, p, script);
    case "special":
      return [
        ...pointers,
        ...plain,
        ...Array.from({ length: 32 }, (_, i) => 2 ** i),
        0x4b,
        0x21,
        0x1234,
        0xc0ed0001,
      ];
    case "ulong":
    case "long":
    case "uint":
    case "int":
      return lengths;
    case "dirfd":
      return [-100, 3, 1, -1, 0xffffff9cn];
    case "signal":
      return [0, 1, 2, 9, 15, 31, 32, 33, 34, 63, 64, 65, 128, -1];
    case "mode":
    case "umode":
      return [0, 1, 0o644, 0o7777, 0o100644, 0o170000, 0xffff, 0x1ffff, -1];
    case "uid":
    case "gid":
      return [0, 1, 1000, 65535, -1, 0x100000001n, 0xfffffffen];
    default:
      return plain;
  }
}

/** A value that makes the other arguments matter. */
function usual(type: Type, p: Places): Value {
  switch (type.kind) {
    case "flags":
      return Number(type.set.entries[0]?.[0] ?? 0);
    case "enum":
      return Number(type.set.entries[0]?.[0] ?? 0);
    case "path":
    case "cstring":
    case "buffer":
    case "sockaddr":
      return p.strings[0];
    case "iovec":
      return p.vectors[0];
    case "pointer":
    case "array":
    case "struct":
    case "sigset":
    case "special":
      return p.structs[0];
    case "switch":
      return usual(type.otherwise, p);
    case "optional":
      return usual(type.of, p);
    case "dirfd":
      return -100;
    case "fd":
    case "pid":
      return 3;
    default:
      return 8;
  }
}

function listsFor(
  args: readonly Arg[],
  p: Places,
  script: Script,
  random: () => number,
  fixed?: readonly [index: number, value: Value],
): Value[][] {
  const values = args.map((a) => valuesOf(a.type, p, script));
  const base = args.map((a) => usual(a.type, p));
  const kept = (list: Value[]) => {
    if (fixed) list[fixed[0]] = fixed[1];
    return list;
  };
  const lists: Value[][] = [kept([...base])];
  for (const [i, options] of values.entries()) {
    if (i === fixed?.[0]) continue;
    for (const v of options) lists.push(kept(base.map((b, k) => (k === i ? v : b))));
  }
  const mixed = args.length < 2 ? 0 : 8 * args.length;
  for (let n = 0; n < mixed; n++) lists.push(kept(values.map((o) => o[random() % o.length] ?? 0)));
  return lists;
}

/** Lists of arguments for a call by number; at most `most` of them, evenly taken. */
export function argumentLists(nr: number, p: Places, script: Script, most = Infinity): readonly Value[][] {
  const name = syscallName("x86_64", nr);
  const d = name === undefined ? undefined : descriptor(name);
  const random = numbersFrom(nr + 1);
  const unknown: Arg[] = Array.from({ length: 6 }, (_, i) => ({
    name: `arg${i}`,
    type: { kind: "special", name: "" },
    dir: "in",
  }));
  const main = !d || (d.special && d.args.length === 0) ? unknown : d.args;
  const lists = listsFor(main, p, script, random);
  if (d?.variants) {
    const by = d.args.findIndex((a) => a.name === d.variants!.by);
    for (const [key, args] of d.variants.cases) lists.push(...listsFor(args, p, script, random, [by, key]));
  }
  if (lists.length <= most) return lists;
  const offset = random() % 1000;
  return Array.from(
    { length: most },
    (_, i) => lists[Math.floor(((i + offset / 1000) * lists.length) / most)],
  );
}
