/** Names for numbers: OR-ed flags and enumerations, cached per set because few values recur endlessly. */
import type { FlagSet } from "../abi/flags.ts";
import type { Context } from "./context.ts";

const CACHE_LIMIT = 512;
const flagTexts = new WeakMap<FlagSet, Map<number, string>>();
const enumTexts = new WeakMap<FlagSet, Map<number, string>>();

/** `A|B|0x40` for a value; undefined when no bit is known (or the value is 0 without a name). */
export function flagNames(set: FlagSet, lo: number, hi = 0): string | undefined {
  if (hi !== 0) return computeFlags(set, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
  let cache = flagTexts.get(set);
  if (!cache) {
    cache = new Map();
    flagTexts.set(set, cache);
  }
  let text = cache.get(lo);
  if (text === undefined) {
    text = computeFlags(set, BigInt(lo >>> 0)) ?? "";
    if (cache.size > CACHE_LIMIT) cache.clear();
    cache.set(lo, text);
  }
  return text || undefined;
}

function computeFlags(set: FlagSet, value: bigint): string | undefined {
  const names: string[] = [];
  let rest = value;
  for (const [flag, name] of set.entries) {
    const f = BigInt(flag);
    if (f === 0n) {
      if (value === 0n) return name;
    } else if ((rest & f) === f) {
      names.push(name);
      rest &= ~f;
    }
  }
  if (names.length === 0) return undefined;
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.join("|");
}

/** The name of exactly this value. */
export function enumName(set: FlagSet, lo: number, hi = 0): string | undefined {
  let cache = enumTexts.get(set);
  if (!cache) {
    cache = new Map();
    enumTexts.set(set, cache);
    for (const [value, name] of set.entries) {
      const n = Number(value);
      if (!cache.has(n)) cache.set(n, name);
    }
  }
  return cache.get(hi === 0 ? lo >>> 0 : (lo >>> 0) + hi * 4294967296);
}

/** Prints OR-ed flags. */
export function printFlags(c: Context, set: FlagSet, lo: number, hi = 0): void {
  const names = flagNames(set, lo, hi);
  if (names === undefined && lo === 0 && hi === 0) c.sink.num(0);
  else c.sink.xlat(lo, hi, names, set.fallback, "hex");
}

/** Prints one name of a set. */
export function printEnum(c: Context, set: FlagSet, lo: number, hi = 0): void {
  c.sink.xlat(lo, hi, enumName(set, lo, hi), set.fallback, "hex");
}

/** Prints flags some bits of which are an enumeration: O_RDWR|O_CLOEXEC. */
export function printBasedFlags(
  c: Context,
  base: FlagSet,
  set: FlagSet,
  lo: number,
  hi = 0,
  mask = base.entries.reduce((m, [v]) => m | Number(v), 0),
): void {
  const low = (lo & mask) >>> 0;
  const first =
    enumName(base, low) ?? (low === 0 ? undefined : `0x${low.toString(16)} /* ${base.fallback} */`);
  const rest = (lo & ~mask) >>> 0;
  const names = rest === 0 && hi === 0 ? undefined : (flagNames(set, rest, hi) ?? hexText(rest, hi));
  const text = [first, names].filter((t) => t !== undefined).join("|");
  if (text === "" && lo === 0 && hi === 0) c.sink.num(0);
  else c.sink.xlat(lo, hi, text || undefined, set.fallback, "hex");
}

/** 64 bits in hexadecimal. */
export function hexText(lo: number, hi: number): string {
  return hi === 0
    ? `0x${(lo >>> 0).toString(16)}`
    : `0x${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, "0")}`;
}
