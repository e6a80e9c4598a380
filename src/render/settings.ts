/** How text looks; filled from strace's options. */
import type { Task } from "../capture/event.ts";
import { type DecodeOptions, defaultOptions } from "../decode/options.ts";
import type { DumpSettings } from "./dumps.ts";

export type TimeUnit = "s" | "ms" | "us" | "ns";

export interface TextSettings {
  decode: DecodeOptions;
  /** Program name in messages: "strace". */
  program: string;
  /** -t and friends; precision in digits after the second. */
  timestamp: "none" | "clock" | "unix";
  precision: 0 | 3 | 6 | 9;
  /** -r: time since the previous line. */
  relative: boolean;
  relativePrecision: 0 | 3 | 6 | 9;
  /** -T with its unit. */
  duration: TimeUnit | undefined;
  /** -a: column of the equals sign. */
  column: number;
  /** -n, -i, --always-show-pid. */
  showNumber: boolean;
  showPointer: boolean;
  alwaysPid: boolean;
  /** -q: messages left out. */
  quiet: ReadonlySet<"attach" | "exit" | "path-resolution" | "personality" | "thread-execve" | "superseded">;
  /** -z, -Z, -e status: undefined shows all. */
  statuses: ReadonlySet<"successful" | "failed" | "unfinished" | "unavailable" | "detached"> | undefined;
  /** -e signal: undefined shows all. */
  signals: ((signo: number) => boolean) | undefined;
  /** -k: lines about where in the program a stopped task is; undefined shows none. */
  stack: ((task: Task) => string) | undefined;
  /** -e read, -e write: undefined shows none. */
  dumps: DumpSettings | undefined;
}

/** What strace does without options. */
export function defaultText(program: string): TextSettings {
  return {
    decode: defaultOptions(),
    program,
    timestamp: "none",
    precision: 0,
    relative: false,
    relativePrecision: 6,
    duration: undefined,
    column: 40,
    showNumber: false,
    showPointer: false,
    alwaysPid: false,
    quiet: new Set(),
    statuses: undefined,
    signals: undefined,
    stack: undefined,
    dumps: undefined,
  };
}
