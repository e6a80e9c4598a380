/** -e inject= and -e fault=: SET[:OPTION[=VALUE]]..., as man 1 strace has it under "Tampering". */
import { errnoNumber } from "../../abi/errno.ts";
import { syscallNumber } from "../../abi/syscalls.ts";
import { UsageError } from "../../base/errors.ts";
import type { Injection, InjectionRule, Poke } from "../../capture/injection.ts";
import { descriptor } from "../../syscalls/index.ts";
import { parseCallSet, parseSignal } from "./expressions.ts";
import { parseTime } from "./times.ts";

type Kind = "inject" | "fault";
type Parts = { -readonly [K in keyof Injection]?: Injection[K] };

const ENOSYS = 38;
const ERRNO_MAX = 4095n;
const WORD = 1n << 32n;
/** Highest FIRST and STEP; LAST stays one below. */
const TURNS = 65535;
const ARGS = 7;

/** The options that may come once only; false from a parser is a mistake. */
const parsers: Readonly<Record<string, (value: string, parts: Parts) => boolean>> = {
  error(value, parts) {
    const errno = /^\d+$/.test(value) ? Number(value) : errnoNumber(value);
    if (errno === undefined || errno < 1 || errno > ERRNO_MAX) return false;
    return once(parts, "result", { errno });
  },
  retval(value, parts) {
    const n = parseInteger(value);
    if (n === undefined) return false;
    return once(parts, "result", { lo: Number(n % WORD), hi: Number(n / WORD) });
  },
  signal(value, parts) {
    const signal = parseSignal(value);
    return signal !== undefined && signal > 0 && once(parts, "signal", signal);
  },
  syscall(value, parts) {
    const pure = syscallNumber("x86_64", value) !== undefined && descriptor(value)?.classes.includes("pure");
    return pure === true && once(parts, "instead", value);
  },
  delay_enter: (value, parts) => once(parts, "delayEntry", parseTime(value)),
  delay_exit: (value, parts) => once(parts, "delayExit", parseTime(value)),
  poke_enter: (value, parts) => once(parts, "pokesAtEntry", parsePokes(value)),
  poke_exit: (value, parts) => once(parts, "pokesAtExit", parsePokes(value)),
};
const ofFault = new Set(["error", "syscall"]);

/** Sets what has not been set; false if it has, or there is nothing to set. */
function once<K extends keyof Injection>(parts: Parts, key: K, value: Injection[K] | undefined): boolean {
  if (value === undefined || parts[key] !== undefined) return false;
  parts[key] = value;
  return true;
}

/** Parses what follows `inject=` or `fault=`. Throws UsageError with strace's words. */
export function parseInjection(kind: Kind, text: string): InjectionRule {
  const [set, ...options] = text.split(":");
  // mistakes in the options are told first, unless there is no set at all
  if (set === "") parseCallSet(set);
  const parts: Parts = {};
  let turns = { first: 1, last: Number.POSITIVE_INFINITY, step: 1 };
  const bad = () => new UsageError(`invalid ${kind} argument '${text}'`);
  for (const option of options) {
    if (option === "") continue;
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(option) ?? ["", "", ""];
    if (name === "when") {
      const when = parseWhen(value);
      if (!when) throw bad();
      turns = when;
    } else if (!(Object.hasOwn(parsers, name) && (kind === "inject" || ofFault.has(name)))) throw bad();
    else if (!parsers[name](value, parts)) throw bad();
  }
  if (kind === "fault") parts.result ??= { errno: ENOSYS };
  const { instead, ...effects } = parts;
  const { has } = parseCallSet(set);
  if (Object.keys(effects).length === 0) throw bad();
  return {
    has,
    injection: {
      result: effects.result,
      instead: effects.result && instead,
      signal: effects.signal ?? 0,
      delayEntry: effects.delayEntry,
      delayExit: effects.delayExit,
      pokesAtEntry: effects.pokesAtEntry ?? [],
      pokesAtExit: effects.pokesAtExit ?? [],
      ...turns,
    },
  };
}

/** What strace says of a result that could be taken for an error, or does not fit 32 bits; undefined if all is well. */
export function injectionWarning({ injection: { result } }: InjectionRule): string | undefined {
  if (!result || "errno" in result) return undefined;
  const value = BigInt(result.hi) * WORD + BigInt(result.lo);
  const low = BigInt(result.lo);
  const possible = "Inadvertent injection of error";
  if (value >= WORD * WORD - ERRNO_MAX)
    return `${possible} ${WORD * WORD - value} is possible for retval=${value}`;
  if (low >= WORD - ERRNO_MAX)
    return `${possible} ${WORD - low} is possible in compat personality for retval=${value}`;
  if (low !== value) return `Injected return value ${value} will be clipped to ${low} in compat personality`;
  return undefined;
}

/** As strtoull(3) with base 0. */
function parseInteger(text: string): bigint | undefined {
  const m = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text);
  if (!m) return undefined;
  const [, sign, digits] = m;
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (value >= WORD * WORD) return undefined;
  return BigInt.asUintN(64, sign === "-" ? -value : value);
}

/** FIRST[..LAST][+[STEP]] */
function parseWhen(text: string): Pick<Injection, "first" | "last" | "step"> | undefined {
  const m = /^\s*\+?(\d+)(?:\.\.(\d+))?(\+(\d*))?$/.exec(text);
  if (!m) return undefined;
  const first = Number(m[1]);
  const step = m[4] ? Number(m[4]) : 1;
  const open = m[3] === undefined ? first : Number.POSITIVE_INFINITY;
  const last = m[2] === undefined ? open : Number(m[2]);
  if (first < 1 || first > TURNS || step < 1 || step > TURNS) return undefined;
  if (m[2] !== undefined && (last < first || last >= TURNS)) return undefined;
  return { first, last, step };
}

/** @argN=HEX[,@argM=HEX]... */
function parsePokes(text: string): Poke[] | undefined {
  const pokes: Poke[] = [];
  for (const item of text.split(",")) {
    if (item === "") continue;
    const m = /^@arg(\d)=((?:..)+)$/s.exec(item);
    const arg = Number(m?.[1]) - 1;
    if (!m || !(arg >= 0 && arg < ARGS) || pokes.some((p) => p.arg === arg)) return undefined;
    const bytes = m[2].match(/../gs)!.map(hexPair);
    if (bytes.some(Number.isNaN)) return undefined;
    pokes.push({ arg, bytes: Uint8Array.from(bytes) });
  }
  return pokes.length > 0 ? pokes : undefined;
}

/** As strtoul(3), for which `0x` is 0. */
const hexPair = (pair: string): number => (/^0x$/i.test(pair) ? 0 : Number.parseInt(pair, 16));
