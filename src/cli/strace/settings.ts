/** From options to settings, with strace's messages for what cannot be. */

import { UsageError } from "../../base/errors.ts";
import type { EngineKind } from "../../capture/choose.ts";
import { type Column, columnAliases, defaultColumns } from "../../render/count-table.ts";
import { defaultText, type TextSettings, type TimeUnit } from "../../render/settings.ts";
import { type GivenOption, getopt, OptionError } from "../getopt.ts";
import { type CallSet, parseCallSet, parseSignalSet, parseWords } from "./expressions.ts";
import { Injections } from "./injections.ts";
import { options, type StraceOption } from "./options.ts";
import { applyRules } from "./rules.ts";

export interface StraceSettings {
  text: TextSettings;
  command: readonly string[];
  pids: number[];
  /** Changes to the environment: value undefined removes. */
  env: { name: string; value: string | undefined }[];
  user: string | undefined;
  argv0: string | undefined;
  follow: boolean;
  separately: boolean;
  /** 0 none, 1 -D, 2 -DD, 3 -DDD. */
  daemonize: 0 | 1 | 2 | 3;
  interruptible: 1 | 2 | 3 | 4 | undefined;
  detachOnExec: boolean;
  killOnExit: boolean;
  trace: CallSet | undefined;
  readonly injections: Injections;
  paths: string[];
  output: string | undefined;
  append: boolean;
  count: "none" | "only" | "too";
  wall: boolean;
  overhead: number;
  sort: Column | undefined;
  columns: readonly Column[];
  seccomp: boolean;
  engine: "auto" | EngineKind;
  /** Lines as calls end, or as events happen; the ptrace engine knows only the latter. */
  order: "completion" | "strace";
  /** Which descriptor details to show. */
  fds: Set<"path" | "socket" | "dev" | "pidfd" | "eventfd" | "signalfd">;
  comm: boolean;
  /** -q. */
  silent: boolean;
  /** To be said before anything is traced. */
  warnings: string[];
  /** There is something to trace besides a command and -p. */
  elsewhere: boolean;
  help: boolean;
  version: boolean;
}

const units: Readonly<Record<string, TimeUnit>> = { s: "s", ms: "ms", us: "us", ns: "ns" };
const precisions: Readonly<Record<TimeUnit, TextSettings["precision"]>> = { s: 0, ms: 3, us: 6, ns: 9 };
/** --strings-in-hex without a value means all. */
const hexStyles: Readonly<Record<string, TextSettings["decode"]["hexStrings"]>> = {
  "": 2,
  all: 2,
  none: 0,
  "non-ascii-chars": 3,
  "non-ascii": 1,
};
const statusWords = ["successful", "failed", "unfinished", "unavailable", "detached"] as const;
export const quietWords = [
  "attach",
  "exit",
  "path-resolution",
  "personality",
  "thread-execve",
  "superseded",
] as const;
export const fdWords = ["path", "socket", "dev", "pidfd", "eventfd", "signalfd"] as const;

const LAST_COUNTS =
  "Only the last of -z/--successful-only/-Z/--failed-only options will take effect. See status qualifier for more complex filters.";

/** A mistake that strace follows with a pointer to -h. */
export const hint = (program: string, message: string): UsageError =>
  new UsageError(`${message}\nTry '${program} -h' for more information.`);

/** Options that another program takes beside strace's. */
export interface MoreOptions {
  readonly table: readonly StraceOption[];
  apply(s: StraceSettings, id: string, value: string): void;
  /** There is something to trace besides a command and -p. */
  enough(): boolean;
}

export function parseSettings(program: string, argv: readonly string[], more?: MoreOptions): StraceSettings {
  const s = fresh(program);
  let parsed: ReturnType<typeof getopt>;
  try {
    parsed = getopt(more ? [...options, ...more.table] : options, argv);
  } catch (error) {
    if (error instanceof OptionError) throw hint(program, error.message);
    throw error;
  }
  const counts = { f: 0, D: 0, q: 0, t: 0, x: 0, y: 0 };
  if (more) s.engine = "auto";
  const given = new Set<string>();
  for (const option of parsed.options) {
    const spec = option.spec as StraceOption;
    if (more?.table.includes(spec)) more.apply(s, spec.id, option.value ?? "");
    else apply(s, counts, option);
    given.add(option.name);
    if (option.spec.short === "e") given.add(`-e ${qualifier(option.value ?? "")?.[0] ?? "trace"}`);
    if (given.has("-z") && given.has("-Z") && !s.warnings.includes(LAST_COUNTS)) s.warnings.push(LAST_COUNTS);
  }
  s.command = parsed.operands;
  s.elsewhere = more?.enough() ?? false;
  s.silent = counts.q > 0;
  if (!s.help && !s.version) applyRules(s, counts, given);
  return s;
}

function fresh(program: string): StraceSettings {
  return {
    text: defaultText(program),
    command: [],
    pids: [],
    env: [],
    user: undefined,
    argv0: undefined,
    follow: false,
    separately: false,
    daemonize: 0,
    interruptible: undefined,
    detachOnExec: false,
    injections: new Injections(),
    killOnExit: false,
    trace: undefined,
    paths: [],
    output: undefined,
    append: false,
    count: "none",
    wall: false,
    overhead: 0,
    sort: "total-time",
    columns: defaultColumns,
    seccomp: false,
    engine: "ptrace",
    order: "completion",
    fds: new Set(),
    comm: false,
    silent: false,
    warnings: [],
    elsewhere: false,
    help: false,
    version: false,
  };
}

/** How often options came that mean more when repeated. */
export type Counts = Record<"f" | "D" | "q" | "t" | "x" | "y", number>;

function number(s: StraceSettings, given: GivenOption): number {
  const value = given.value ?? "";
  if (!/^\d+$/.test(value) || Number(value) > 0x7fffffff) throw invalid(s, given, value);
  return Number(value);
}

function invalid(s: StraceSettings, given: GivenOption, value: string): UsageError {
  return hint(s.text.program, `invalid ${given.name} argument: '${value}'`);
}

function unit(s: StraceSettings, given: GivenOption): TimeUnit {
  const u = units[given.value ?? "us"];
  if (!u) throw invalid(s, given, given.value!);
  return u;
}

function apply(s: StraceSettings, n: Counts, given: GivenOption): void {
  const { value } = given;
  const spec = given.spec as StraceOption;
  const v = value ?? "";
  const { text } = s;
  switch (spec.id) {
    case "env": {
      const at = v.indexOf("=");
      s.env.push(at < 0 ? { name: v, value: undefined } : { name: v.slice(0, at), value: v.slice(at + 1) });
      break;
    }
    case "attach":
      for (const p of v.split(/[ ,\t\n]+/).filter((x) => x !== "")) {
        if (!/^\d+$/.test(p) || Number(p) === 0) throw new UsageError(`Invalid process id: '${p}'`);
        s.pids.push(Number(p));
      }
      break;
    case "user":
      s.user = v;
      break;
    case "argv0":
      s.argv0 = v;
      break;
    case "expr":
      expression(s, v);
      break;
    case "trace":
    case "signal":
    case "status":
    case "abbrev":
    case "verbose":
    case "raw":
    case "quiet":
    case "decode-fds":
    case "inject":
    case "fault":
      expression(s, `${spec.id}=${value ?? "path"}`);
      break;
    case "decode-pids":
      s.comm = parseWords(v, ["comm", "pidns"] as const, "decode-pids").has("comm");
      break;
    case "detach-on":
      if (v !== "execve") throw new UsageError(`Syscall '${v}' for -b isn't supported`);
      s.detachOnExec = true;
      break;
    case "daemonize": {
      const level = value === undefined ? n.D + 1 : 1 + ["grandchild", "pgroup", "session"].indexOf(value);
      if (level < 1) throw invalid(s, given, v);
      n.D = level;
      break;
    }
    case "follow":
      n.f++;
      break;
    case "separately":
      s.separately = true;
      break;
    case "interruptible": {
      const level = ["anywhere", "waiting", "never", "never_tstp"].indexOf(v) + 1 || Number(v);
      if (![1, 2, 3, 4].includes(level)) throw invalid(s, given, v);
      s.interruptible = level as 1 | 2 | 3 | 4;
      break;
    }
    case "kill-on-exit":
      s.killOnExit = true;
      break;
    case "path":
      s.paths.push(v);
      break;
    case "successful":
      text.statuses = new Set(["successful"]);
      break;
    case "failed":
      text.statuses = new Set(["failed"]);
      break;
    case "column":
      text.column = number(s, given);
      break;
    case "pointer":
      text.showPointer = true;
      break;
    case "number":
      text.showNumber = true;
      break;
    case "arg-names":
      text.decode.argNames = true;
      break;
    case "stack":
      throw new UsageError("-k/--stack-traces is not supported");
    case "output":
      s.output = v;
      break;
    case "append":
      s.append = true;
      break;
    case "q":
      n.q++;
      break;
    case "relative":
      text.relative = true;
      text.relativePrecision = precisions[unit(s, given)];
      break;
    case "string-limit":
      text.decode.stringLimit = number(s, given);
      break;
    case "t":
      n.t++;
      break;
    case "absolute":
      absolute(s, given, value ?? "time");
      break;
    case "times":
      text.duration = unit(s, given);
      break;
    case "no-abbrev":
      text.decode.verbose = () => true;
      break;
    case "x":
      n.x++;
      break;
    case "hex":
      text.decode.hexStrings = hexStyles[v] ?? 2;
      if (hexStyles[v] === undefined) throw invalid(s, given, v);
      break;
    case "xlat":
      if (v !== "raw" && v !== "abbrev" && v !== "verbose") throw invalid(s, given, v);
      text.decode.xlat = v;
      break;
    case "y":
      n.y++;
      break;
    case "Y":
      s.comm = true;
      break;
    case "always-pid":
      text.alwaysPid = true;
      break;
    case "summary-only":
      setCount(s, "only");
      break;
    case "summary":
      setCount(s, "too");
      break;
    case "overhead": {
      const m = /^(\d+(?:\.\d+)?)(s|ms|us|ns)?$/.exec(v);
      if (!m) throw invalid(s, given, v);
      s.overhead = Number(m[1]) * { s: 1e9, ms: 1e6, us: 1e3, ns: 1 }[(m[2] ?? "us") as TimeUnit];
      break;
    }
    case "sort":
      s.sort = v === "none" || v === "nothing" ? undefined : columnAliases[v];
      if (!s.sort && v !== "none" && v !== "nothing") throw hint(text.program, `invalid sortby: '${v}'`);
      break;
    case "columns":
      s.columns = columns(text.program, v);
      break;
    case "wall":
      s.wall = true;
      break;
    case "seccomp":
      s.seccomp = true;
      break;
    case "engine":
      if (v !== "ptrace" && v !== "bpf" && v !== "auto")
        throw new UsageError(`invalid --engine argument: '${v}' (ptrace, bpf or auto)`);
      s.engine = v;
      break;
    case "order":
      if (v !== "completion" && v !== "strace")
        throw new UsageError(`invalid --order argument: '${v}' (completion or strace)`);
      s.order = v;
      break;
    case "help":
      s.help = true;
      break;
    case "version":
      s.version = true;
      break;
  }
}

function setCount(s: StraceSettings, mode: "only" | "too"): void {
  if (s.count !== "none" && s.count !== mode) {
    throw hint(s.text.program, "-c/--summary-only and -C/--summary are mutually exclusive");
  }
  s.count = mode;
}

function absolute(s: StraceSettings, given: GivenOption, value: string): void {
  for (const part of value.split(",")) {
    const word = part.replace(/^(format|precision):/, "");
    if (word === "none") s.text.timestamp = "none";
    else if (word === "time") s.text.timestamp = "clock";
    else if (word === "unix") s.text.timestamp = "unix";
    else if (units[word]) {
      s.text.precision = precisions[units[word]];
      if (s.text.timestamp === "none") s.text.timestamp = "clock";
    } else throw invalid(s, given, value);
  }
}

/** The two sides of an -e expression that has a known left one. */
function qualifier(text: string): [string, string] | undefined {
  const m =
    /^(trace|t|abbrev|a|verbose|v|raw|x|signals?|s|status|quiet|silent|silence|q|decode-fds?|fds|read|r|reads|write|w|writes|fault|inject|kvm|namespace|trace-fds?)=(.*)$/s.exec(
      text,
    );
  return m ? [m[1], m[2]] : undefined;
}

function columns(program: string, value: string): Column[] {
  const list: Column[] = [];
  for (const [i, word] of value.split(",").entries()) {
    const column = columnAliases[word];
    if (!column) throw hint(program, `unknown column name: '${word}'`);
    if (list.includes(column)) {
      const rest = value.split(",").slice(i).join(",");
      throw hint(
        program,
        `call summary column has been provided more than once: '${word}' (-U option residual: '${rest}')`,
      );
    }
    list.push(column);
  }
  return list;
}

/** One -e expression; without OPTION= it is trace=. */
function expression(s: StraceSettings, text: string): void {
  const [key, value] = qualifier(text) ?? ["trace", text];
  const { decode } = s.text;
  switch (key) {
    case "trace":
    case "t":
      s.trace = parseCallSet(value);
      break;
    case "abbrev":
    case "a": {
      const set = parseCallSet(value);
      decode.verbose = (name) => !set.hasName(name);
      break;
    }
    case "verbose":
    case "v": {
      const set = parseCallSet(value);
      decode.dereference = (name) => set.hasName(name);
      break;
    }
    case "raw":
    case "x": {
      const set = parseCallSet(value);
      decode.raw = (name) => set.hasName(name);
      break;
    }
    case "signal":
    case "signals":
    case "s":
      s.text.signals = parseSignalSet(value);
      break;
    case "status":
      s.text.statuses = parseWords(value, statusWords, "status");
      break;
    case "quiet":
    case "silent":
    case "silence":
    case "q":
      s.text.quiet = parseWords(value, quietWords, "quiet");
      break;
    case "decode-fds":
    case "decode-fd":
    case "fds":
      s.fds = parseWords(value, fdWords, "decode-fds");
      break;
    case "inject":
    case "fault":
      s.warnings.push(...s.injections.add(key, value));
      break;
    default:
      throw new UsageError(`-e ${key}= is not supported`);
  }
}
