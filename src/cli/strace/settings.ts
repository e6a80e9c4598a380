/** From options to settings, with strace's messages for what cannot be. */

import { UsageError } from "../../base/errors.ts";
import type { EngineKind } from "../../capture/choose.ts";
import type { InjectionRule } from "../../capture/injection.ts";
import { type Column, columnAliases, defaultColumns } from "../../render/count-table.ts";
import { defaultText, type TextSettings, type TimeUnit } from "../../render/settings.ts";
import { MAX_FRAMES } from "../../unwind/unwinder.ts";
import { type GivenOption, getopt, OptionError } from "../getopt.ts";
import { checkKvm } from "./accepted.ts";
import { type CallSet, parseUnsigned } from "./expressions.ts";
import { options, type StraceOption } from "./options.ts";
import { expression, noSecontext, qualifier } from "./qualifiers.ts";
import { applyRules } from "./rules.ts";
import { parseTime } from "./times.ts";
import { parseTip, type Tip } from "./tips.ts";

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
  paths: string[];
  /** -e inject, -e fault. */
  injections: InjectionRule[];
  output: string | undefined;
  append: boolean;
  count: "none" | "only" | "too";
  wall: boolean;
  overhead: number;
  sort: Column | undefined;
  columns: readonly Column[];
  seccomp: boolean;
  engine: "auto" | EngineKind;
  /** An option that needs tracees to be stopped, as it was given. */
  stops: string | undefined;
  /** Lines as calls end, or as events happen; the ptrace engine knows only the latter. */
  order: "completion" | "strace";
  /** Which descriptor details to show. */
  fds: Set<"path" | "socket" | "dev" | "pidfd" | "eventfd" | "signalfd">;
  comm: boolean;
  /** -k, and how many frames are shown. */
  stack: boolean;
  stackFrames: number;
  /** --tips. */
  tip: Tip | undefined;
  /** -q. */
  silent: boolean;
  /** To be said before anything is traced. */
  warnings: string[];
  /** There is something to trace besides a command and -p. */
  elsewhere: boolean;
  help: boolean;
  version: boolean;
}

const daemons: Readonly<Record<string, number>> = { grandchild: 1, pgroup: 2, pgrp: 2, session: 3 };
const units: Readonly<Record<string, TimeUnit>> = { s: "s", ms: "ms", us: "us", ns: "ns" };
const precisions: Readonly<Record<TimeUnit, TextSettings["precision"]>> = { s: 0, ms: 3, us: 6, ns: 9 };
const stampFormats: Readonly<Record<string, TextSettings["timestamp"]>> = {
  none: "none",
  time: "clock",
  unix: "unix",
};
const hexStyles: Readonly<Record<string, TextSettings["decode"]["hexStrings"]>> = {
  all: 2,
  none: 0,
  "non-ascii-chars": 3,
  "non-ascii": 1,
};
/** Longest -s: a quarter of what an int holds, as strings are quoted with up to four characters a byte. */
const MAX_STRING = 0x3fffffff;
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
  enough?(): boolean;
  /** What captures if --engine does not say. */
  readonly engine?: StraceSettings["engine"];
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
  const counts = { f: 0, F: 0, D: 0, q: 0, t: 0, x: 0, y: 0 };
  if (more?.engine) s.engine = more.engine;
  const given = new Set<string>();
  let byStatus = 0;
  for (const option of parsed.options) {
    const spec = option.spec as StraceOption;
    if (more?.table.includes(spec)) more.apply(s, spec.id, option.value ?? "");
    else apply(s, counts, option);
    given.add(option.name);
    if (option.spec.short === "e") given.add(`-e ${qualifier(option.value ?? "")?.[0] ?? "trace"}`);
    if (spec.id === "successful" || spec.id === "failed") byStatus++;
  }
  if (byStatus > 1) s.warnings.push(LAST_COUNTS);
  s.command = parsed.operands;
  s.elsewhere = more?.enough?.() ?? false;
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
    killOnExit: false,
    trace: undefined,
    paths: [],
    injections: [],
    output: undefined,
    append: false,
    count: "none",
    wall: false,
    overhead: 0,
    sort: "total-time",
    columns: defaultColumns,
    seccomp: false,
    engine: "ptrace",
    stops: undefined,
    order: "completion",
    fds: new Set(),
    comm: false,
    stack: false,
    stackFrames: MAX_FRAMES,
    tip: undefined,
    silent: false,
    warnings: [],
    elsewhere: false,
    help: false,
    version: false,
  };
}

/** How often options came that mean more when repeated. */
export type Counts = Record<"f" | "F" | "D" | "q" | "t" | "x" | "y", number>;

function number(s: StraceSettings, given: GivenOption, max?: number): number {
  const { value = "" } = given;
  const n = parseUnsigned(value, max);
  if (n === undefined) throw invalid(s, given, value);
  return n;
}

function invalid(s: StraceSettings, given: GivenOption, value: string): UsageError {
  return hint(s.text.program, `invalid ${given.name} argument: '${value}'`);
}

function unit(s: StraceSettings, given: GivenOption): TimeUnit {
  const u = units[given.value?.toLowerCase() ?? "us"];
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
      for (const p of pids(v)) {
        const pid = parseUnsigned(p);
        if (!pid) throw new UsageError(`Invalid process id: '${p}'`);
        s.pids.push(pid);
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
    case "decode-pids":
    case "inject":
    case "fault":
    case "read":
    case "write":
      expression(s, `${spec.id}=${value ?? (spec.id === "quiet" ? "attach,personality" : "path")}`);
      break;
    case "detach-on":
      if (v !== "execve") throw new UsageError(`Syscall '${v}' for -b isn't supported`);
      s.detachOnExec = true;
      break;
    case "daemonize": {
      const level = value === undefined ? n.D + 1 : daemons[value.toLowerCase()];
      if (level === undefined) throw invalid(s, given, v);
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
      const level =
        ["anywhere", "waiting", "never", "never_tstp"].indexOf(v.toLowerCase()) + 1 || number(s, given, 4);
      if (level === 0) throw invalid(s, given, v);
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
    case "F":
      n.F++;
      break;
    case "secontext":
      throw noSecontext();
    case "tips":
      s.tip = parseTip(v);
      if (!s.tip) throw invalid(s, given, v);
      break;
    case "kvm":
      checkKvm(v);
      break;
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
      text.decode.stringLimit = number(s, given, MAX_STRING);
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
      text.decode.hexStrings = hexStyles[value?.toLowerCase() ?? "all"];
      if (text.decode.hexStrings === undefined) throw invalid(s, given, v);
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
    case "stack":
      s.stack = true;
      break;
    case "stack-trace":
      if (v === "source")
        throw new UsageError("--stack-trace=source is not supported: only symbols are shown");
      if (value !== undefined && v !== "symbol") throw invalid(s, given, v);
      s.stack = true;
      break;
    case "stack-limit":
      s.stackFrames = number(s, given);
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
      const overhead = parseTime(v);
      if (overhead === undefined) throw invalid(s, given, v);
      s.overhead = overhead;
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
  let format: TextSettings["timestamp"] = "clock";
  let precision: TimeUnit = "s";
  for (const part of value.toLowerCase().split(",")) {
    const [, kind, word] = /^(?:(format|precision):)?(.*)$/s.exec(part)!;
    if (word === "" && kind === undefined) continue;
    if (stampFormats[word] && kind !== "precision") format = stampFormats[word];
    else if (units[word] && kind !== "format") precision = units[word];
    else throw invalid(s, given, value);
  }
  s.text.timestamp = format;
  s.text.precision = precisions[precision];
}

/** Separators between them count as one; nothing but separators is an empty id. */
function pids(value: string): string[] {
  const list = value.split(/[ ,\t\n]+/).filter((p) => p !== "");
  return list.length === 0 && value !== "" ? [""] : list;
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
  if (!list.includes("name")) list.push("name");
  return list;
}
