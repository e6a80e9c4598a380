/** Sets in -e expressions: system calls, signals, statuses. */
import { signalName, signalNumber } from "../../abi/signals.ts";
import { type Abi, syscallCount, syscallName } from "../../abi/syscalls.ts";
import { UsageError } from "../../base/errors.ts";
import { descriptor } from "../../syscalls/index.ts";
import type { CallClass } from "../../syscalls/types/types.ts";

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
const bareClasses = new Set(["file", "desc", "memory", "process", "signal", "ipc", "network"]);

/** Which calls a set contains, per ABI, by name. */
export interface CallSet {
  has(abi: Abi, nr: number): boolean;
  hasName(name: string): boolean;
}

const everything: CallSet = { has: () => true, hasName: () => true };

/** Parses `[!][?]name,%class,/regex,name@64,all,none`. Throws UsageError with strace's words. */
export function parseCallSet(text: string): CallSet {
  const inverted = text.startsWith("!");
  const body = inverted ? text.slice(1) : text;
  if (body === "all") return inverted ? setOf(new Map()) : everything;
  const members = new Map<Abi, Set<number>>(abis.map((a) => [a, new Set<number>()]));
  if (body !== "none") {
    if (/^,*$/.test(body)) throw new UsageError(`invalid system call '${text}'`);
    for (const item of body.split(",")) if (item !== "") addItem(members, item);
  }
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
    let pattern: RegExp;
    try {
      pattern = new RegExp(name.slice(1));
    } catch {
      throw new UsageError(`regcomp: ${name.slice(1)}: Invalid regular expression`);
    }
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

/** Parses a signal set; the result answers for one signal. */
export function parseSignalSet(text: string): (signo: number) => boolean {
  const inverted = text.startsWith("!");
  const body = inverted ? text.slice(1) : text;
  if (body === "all") return () => !inverted;
  if (body === "none") return () => inverted;
  if (body === "") throw new UsageError(`invalid signal '${text}'`);
  const members = new Set<number>();
  for (const name of body.split(",")) {
    const n = signalNumber(name);
    if (n === undefined || signalName(n) === undefined) throw new UsageError(`invalid signal '${name}'`);
    members.add(n);
  }
  return (signo) => members.has(signo) !== inverted;
}

/** Parses a set of words from a fixed list. */
export function parseWords<T extends string>(text: string, words: readonly T[], what: string): Set<T> {
  const inverted = text.startsWith("!");
  const body = inverted ? text.slice(1) : text;
  let members: Set<T>;
  if (body === "all") members = new Set(words);
  else if (body === "none") members = new Set();
  else {
    members = new Set();
    for (const item of body.split(",")) {
      if (!words.includes(item as T)) throw new UsageError(`invalid ${what} '${item}'`);
      members.add(item as T);
    }
  }
  return inverted ? new Set(words.filter((w) => !members.has(w))) : members;
}

/** Parses a set of file descriptors; the result answers for one. */
export function parseFdSet(text: string): (fd: number) => boolean {
  const inverted = text.startsWith("!");
  const body = inverted ? text.slice(1) : text;
  if (body === "all") return () => !inverted;
  if (body === "none") return () => inverted;
  const members = new Set<number>();
  const items = body.split(",").filter((item) => item !== "");
  if (items.length === 0) throw new UsageError("invalid descriptor ''");
  for (const item of items) {
    if (!/^ *\d+$/.test(item) || Number(item) > 0x7fffffff)
      throw new UsageError(`invalid descriptor '${item}'`);
    members.add(Number(item));
  }
  return (fd) => members.has(fd) !== inverted;
}
