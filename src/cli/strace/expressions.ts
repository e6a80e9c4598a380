/** Sets in -e expressions: system calls, signals, statuses. */
import { signalName, signalNumber } from "../../abi/signals.ts";
import { type Abi, syscallCount, syscallName } from "../../abi/syscalls.ts";
import { UsageError } from "../../base/errors.ts";
import { descriptor } from "../../syscalls/index.ts";
import type { CallClass } from "../../syscalls/types/types.ts";
import { regularExpression } from "./regular-expression.ts";

const abis: readonly Abi[] = ["x86_64", "i386", "x32"];

/** Class names as strace spells them, old spellings without % included. */
const classes: Readonly<Record<string, readonly CallClass[]>> = {
  file: ["file"],
  desc: ["desc"],
  memory: ["memory"],
  process: ["process"],
  signal: ["signal"],
  ipc: ["ipc"],
  network: ["network"],
  net: ["network"],
  creds: ["creds"],
  clock: ["clock"],
  pure: ["pure"],
  stat: ["stat"],
  lstat: ["lstat"],
  fstat: ["fstat"],
  "%stat": ["stat", "lstat", "fstat", "stat_like"],
  statfs: ["statfs"],
  fstatfs: ["fstatfs"],
  "%statfs": ["statfs", "fstatfs", "statfs_like"],
};
/** Numbers of signals up to this are taken, whether there are such signals or not. */
const MAX_SIGNAL = 255;
const bareClasses = new Set(["file", "desc", "memory", "process", "signal", "ipc", "network"]);

/** Which calls a set contains, per ABI, by name. */
export interface CallSet {
  has(abi: Abi, nr: number): boolean;
  hasName(name: string): boolean;
}

/** All calls. */
export const everything: CallSet = { has: () => true, hasName: () => true };

interface List {
  readonly inverted: boolean;
  readonly items: readonly string[];
}

/** Parses `[!]...all`, `none` and `item,item`; empty items do not count, but there must be one. Throws UsageError. */
function parseList(text: string, what: string): List {
  const [, marks, body] = /^(!*)(.*)$/s.exec(text)!;
  const inverted = marks.length % 2 === 1;
  if (body === "all") return { inverted: !inverted, items: [] };
  if (body === "none") return { inverted, items: [] };
  const items = body.split(",").filter((item) => item !== "");
  if (items.length === 0) throw new UsageError(`invalid ${what} '${text}'`);
  return { inverted, items };
}

/** Parses `[!][?]name,%class,/regex,name@64,all,none`. Throws UsageError with strace's words. */
export function parseCallSet(text: string): CallSet {
  const { inverted, items } = parseList(text, "system call");
  if (inverted && items.length === 0) return everything;
  const members = new Map<Abi, Set<number>>(abis.map((a) => [a, new Set<number>()]));
  for (const item of items) addItem(members, item);
  const plain = setOf(members);
  if (!inverted) return plain;
  return { has: (abi, nr) => !plain.has(abi, nr), hasName: (name) => !plain.hasName(name) };
}

function setOf(members: ReadonlyMap<Abi, ReadonlySet<number>>): CallSet {
  const names = new Set<string>();
  for (const [abi, numbers] of members) for (const nr of numbers) names.add(syscallName(abi, nr) ?? "");
  return { has: (abi, nr) => members.get(abi)?.has(nr) ?? false, hasName: (name) => names.has(name) };
}

function addItem(members: Map<Abi, Set<number>>, item: string): void {
  const optional = item.startsWith("?");
  const [, name, suffix] = /^(.*?)(?:@(64|32|x32))?$/s.exec(optional ? item.slice(1) : item)!;
  const odd = /^[^/].*@(.*)$/s.exec(name);
  if (odd) {
    throw new UsageError(
      `incorrect personality designator '${odd[1]}' in qualification '${item}'\nTry 'strace -h' for more information.`,
    );
  }
  const wanted =
    suffix === "64" ? ["x86_64"] : suffix === "32" ? ["i386"] : suffix === "x32" ? ["x32"] : abis;
  let found = false;
  for (const abi of wanted as Abi[]) {
    for (const nr of numbers(abi, name)) {
      members.get(abi)!.add(nr);
      found = true;
    }
  }
  if (!found && !optional) throw new UsageError(`invalid system call '${item}'`);
}

function* numbers(abi: Abi, name: string): Iterable<number> {
  if (name === "all") {
    for (let nr = 0; nr < syscallCount(abi); nr++) yield nr;
    return;
  }
  const wanted = name.startsWith("%")
    ? classes[name.slice(1)]
    : bareClasses.has(name)
      ? classes[name]
      : undefined;
  if (name.startsWith("/")) {
    const pattern = regularExpression(name.slice(1));
    for (let nr = 0; nr < syscallCount(abi); nr++) if (pattern.test(syscallName(abi, nr) ?? "\n")) yield nr;
  } else if (wanted) {
    for (let nr = 0; nr < syscallCount(abi); nr++) {
      const d = descriptor(syscallName(abi, nr) ?? "", abi);
      if (d?.classes.some((c) => wanted.includes(c))) yield nr;
    }
  } else {
    // a call of 32-bit x86 can have two: its own, and one behind socketcall or ipc
    for (let nr = 0; nr < syscallCount(abi); nr++)
      if (syscallName(abi, nr) === name || String(nr) === name) yield nr;
  }
}

/** A signal by number or by strace's name of it, with or without SIG. */
export function parseSignal(text: string): number | undefined {
  const n = signalNumber(text);
  if (n === undefined || /^\d+$/.test(text)) return n;
  return signalName(n) === `SIG${text.toUpperCase().replace(/^SIG/, "")}` ? n : undefined;
}

/** Parses a signal set; the result answers for one signal. */
export function parseSignalSet(text: string): (signo: number) => boolean {
  const { inverted, items } = parseList(text, "signal");
  const members = items.map((name) => {
    const n = /^\d+$/.test(name) && Number(name) <= MAX_SIGNAL ? Number(name) : parseSignal(name);
    if (n === undefined) throw new UsageError(`invalid signal '${name}'`);
    return n;
  });
  return (signo) => members.includes(signo) !== inverted;
}

/** Parses a set of words from a fixed list, whatever their case. */
export function parseWords<T extends string>(text: string, words: readonly T[], what: string): Set<T> {
  const { inverted, items } = parseList(text, what);
  const members = items.map((item) => {
    const word = words.find((w) => w === item.toLowerCase());
    if (!word) throw new UsageError(`invalid ${what} '${item}'`);
    return word;
  });
  return new Set(words.filter((w) => members.includes(w) !== inverted));
}

/** Parses a set of file descriptors; the result answers for one. */
export function parseFdSet(text: string): (fd: number) => boolean {
  const { inverted, items } = parseList(text, "descriptor");
  const members = items.map((item) => {
    const fd = parseUnsigned(item);
    if (fd === undefined) throw new UsageError(`invalid descriptor '${item}'`);
    return fd;
  });
  return (fd) => members.includes(fd) !== inverted;
}

/** As strtol(3) with base 10, up to `max`; undefined for what is negative, larger, or followed by anything. */
export function parseUnsigned(text: string, max = 0x7fffffff): number | undefined {
  const m = /^\s*(?:\+?(\d+)|-(0+))$/.exec(text);
  const n = Number(m?.[1] ?? m?.[2]);
  return m && n <= max ? n : undefined;
}
