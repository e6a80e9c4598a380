/** -e inject= and -e fault=: what is done to which calls. */
import { errnoNumber } from "../../abi/errno.ts";
import { signalNumber } from "../../abi/signals.ts";
import type { Abi } from "../../abi/syscalls.ts";
import { UsageError } from "../../base/errors.ts";
import type { EngineOptions } from "../../capture/engine.ts";
import type { Injection, Poke } from "../../capture/injection.ts";
import { descriptor } from "../../syscalls/index.ts";
import { type CallSet, parseCallSet } from "./expressions.ts";

const ENOSYS = 38;
const MAX_ERRNO = 4095;
const MAX_COUNT = 65_535;
const WORD = 1n << 64n;
const HALF = 1n << 32n;
/** Nanoseconds; microseconds without a unit. */
const units: Readonly<Record<string, number>> = { "": 1e3, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

type Parts = { -readonly [K in keyof Injection]?: Injection[K] };
/** Takes the value of a token into `parts`; false if it is none. */
type Token = (parts: Parts, value: string) => boolean;

const tokens: Readonly<Record<string, Token>> = {
  error: (p, v) => set(p, "error", errnoOf(v)),
  retval: (p, v) => set(p, "result", integer(v)),
  signal: (p, v) => set(p, "signal", signalNumber(v) || undefined),
  syscall: (p, v) => set(p, "replacement", isPure(v) ? v : undefined),
  delay_enter: (p, v) => set(p, "delayEntry", duration(v)),
  delay_exit: (p, v) => set(p, "delayExit", duration(v)),
  poke_enter: (p, v) => set(p, "pokeEntry", pokes(v)),
  poke_exit: (p, v) => set(p, "pokeExit", pokes(v)),
  when: (p, v) => {
    const when = occasions(v);
    if (!when || p.first !== undefined) return false;
    Object.assign(p, when);
    return true;
  },
};
const faultTokens = ["error", "when"];

/** A token may come once. */
function set<K extends keyof Parts>(parts: Parts, key: K, value: Parts[K]): boolean {
  if (value === undefined || parts[key] !== undefined) return false;
  parts[key] = value;
  return true;
}

function errnoOf(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return errnoNumber(text);
  const n = Number(text);
  return n > 0 && n <= MAX_ERRNO ? n : undefined;
}

/** A number as strtoull(3) takes it, as 64 bits. */
function integer(text: string): bigint | undefined {
  const m = /^(-?)(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (!m) return undefined;
  const n = BigInt(/^0[0-7]+$/.test(m[2]) ? `0o${m[2]}` : m[2]);
  return n < WORD ? BigInt.asUintN(64, m[1] ? -n : n) : undefined;
}

const isPure = (name: string): boolean => descriptor(name, "x86_64")?.classes.includes("pure") ?? false;

function duration(text: string): number | undefined {
  const m = /^(\d+(?:\.\d*)?|\.\d+)(s|ms|us|ns|)$/.exec(text);
  return m ? Math.round(Number(m[1]) * units[m[2]]) : undefined;
}

function pokes(text: string): Poke[] | undefined {
  const found = new Map<number, Poke>();
  for (const item of text.split(",").filter((one) => one !== "")) {
    const m = /^@arg([1-7])=((?:[0-9a-f]{2})+)$/i.exec(item);
    const arg = Number(m?.[1]) - 1;
    if (!m || found.has(arg)) return undefined;
    found.set(arg, { arg, bytes: Buffer.from(m[2], "hex") });
  }
  return found.size > 0 ? [...found.values()] : undefined;
}

/** FIRST, FIRST+, FIRST+STEP, and each with ..LAST behind FIRST. */
function occasions(text: string): Pick<Injection, "first" | "last" | "step"> | undefined {
  const m = /^(\d+)(?:\.\.(\d+))?(\+(\d+)?)?$/.exec(text);
  if (!m) return undefined;
  const first = Number(m[1]);
  const last = m[2] === undefined ? Number.POSITIVE_INFINITY : Number(m[2]);
  const step = m[4] === undefined ? (m[3] !== undefined || m[2] !== undefined ? 1 : 0) : Number(m[4]);
  const fits = (n: number) => n >= 1 && n <= MAX_COUNT;
  if (!fits(first) || (m[2] !== undefined && (!fits(last) || last < first))) return undefined;
  return m[4] !== undefined && !fits(step) ? undefined : { first, last, step };
}

/** What a value means where a call's result is narrower than it, or looks like an error. */
function caveats(result: bigint): string[] {
  const error = (n: bigint, bits: bigint) => (n > bits - 1n - BigInt(MAX_ERRNO) ? bits - n : 0n);
  const low = result % HALF;
  if (error(result, WORD) > 0n)
    return [`Inadvertent injection of error ${error(result, WORD)} is possible for retval=${result}`];
  if (error(low, HALF) > 0n)
    return [
      `Inadvertent injection of error ${error(low, HALF)} is possible in compat personality for retval=${result}`,
    ];
  return low === result
    ? []
    : [`Injected return value ${result} will be clipped to ${low} in compat personality`];
}

export class Injections {
  private readonly added: { readonly calls: CallSet; readonly injection: Injection }[] = [];

  /** What is done to a call; undefined when nothing is asked for. */
  get of(): EngineOptions["inject"] {
    if (this.added.length === 0) return undefined;
    // the last word on a call counts
    const known = new Map<string, Injection | undefined>();
    return (abi: Abi, nr: number) => {
      const key = `${abi} ${nr}`;
      if (!known.has(key)) known.set(key, this.added.findLast(({ calls }) => calls.has(abi, nr))?.injection);
      return known.get(key);
    };
  }

  /** Takes the right side of `inject=` or `fault=`. Returns what is to be said about it. Throws UsageError. */
  add(kind: "inject" | "fault", text: string): string[] {
    const [calls, ...rest] = text.split(":");
    // what is wrong with the tokens comes before what is wrong with the set, unless there is none
    if (calls === "") parseCallSet(calls);
    const wrong = () => new UsageError(`invalid ${kind} argument '${text}'`);
    const parts: Parts = {};
    for (const token of rest) {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(token) ?? [];
      const take = kind === "fault" && !faultTokens.includes(name) ? undefined : tokens[name];
      if (!take?.(parts, value)) throw wrong();
    }
    if (kind === "fault") parts.error ??= ENOSYS;
    const { replacement: _, first = 1, last = Number.POSITIVE_INFINITY, step = 1, ...what } = parts;
    if (Object.keys(what).length === 0 || (what.error !== undefined && what.result !== undefined))
      throw wrong();
    this.added.push({ calls: parseCallSet(calls), injection: { ...parts, first, last, step } });
    return what.result === undefined ? [] : caveats(what.result);
  }
}
