/**
 * What a recording is made of, as plain rows. The writer stores them, the reader gives them back, the analysis
 * works on them. All times are CLOCK_MONOTONIC nanoseconds of the host that recorded; `anchor` turns them into
 * nanoseconds since 1970. `null` means unknown or not (yet) happened.
 */

import type { MappedFile } from "../symbols/mapped-file.ts";
import type { CallTable } from "./call-table.ts";

/** Version of the tables; a reader takes this and all before it, and refuses a higher one. */
export const FORMAT = 3;

/** One lifetime: from the start of a run script (or command) to the death of its last process. */
export interface Lifetime {
  format: number;
  /** Service name, or the command's name for `record -- command`. */
  service: string;
  /** Absolute service directory, "" when there is none. */
  dir: string;
  /** The main process: the one the supervisor started. */
  pid: number;
  /** First instruction of the run script or command; for a process attached to, the moment of attaching. */
  started: number;
  /** First non-blocking-start sign of readiness, see docs/RECORDING.md. */
  ready: number | null;
  /** Where `ready` comes from: `listen` or `quiet`. */
  ready_by: string | null;
  /** The first request to stop, a control command or a signal, that was not for something else. */
  asked: number | null;
  /** Who asked: `svc -t`, `SIGTERM from 4211 (bash)`. */
  asked_by: string | null;
  /** The main process's death. */
  died: number | null;
  /** The last process's death. */
  ended: number | null;
  /** When the data was written last: a recording without `ended` covers the time up to here. */
  written: number;
  status: number | null;
  signal: string | null;
  /** The kernel's id of the boot its times belong to; "" in recordings of format 2 and before. */
  boot: string;
  /** Add to any time of this recording to get nanoseconds since 1970. */
  anchor: number;
  /** We attached to it while it ran, so its start is not in the recording. */
  attached: boolean;
  /** The process that supervises, 0 when unknown. */
  supervisor: number;
  host: string;
  kernel: string;
  version: string;
  engine: string;
  /** Calls at least this long (ns) are kept while running. */
  threshold: number;
  /** File names (same directory) of the neighbouring lifetimes. */
  previous: string | null;
  next: string | null;
}

/** One thread; a process's first thread has tid = pid. */
export interface ProcessRow {
  tid: number;
  pid: number;
  /** tid of the thread that created it; 0 for the first. */
  parent: number;
  comm: string;
  /** Arguments of its last exec, shell-quoted. */
  argv: string;
  born: number;
  died: number | null;
  status: number | null;
  signal: string | null;
  /** CPU time in user and kernel mode, ns; null when it could not be read. */
  user_ns: number | null;
  system_ns: number | null;
  /** Time waited for a CPU while runnable, ns. */
  queued_ns: number | null;
}

/** One system call. */
export interface CallRow {
  ts: number;
  /** Until its return; for an unfinished call until the recording was written. */
  duration: number;
  tid: number;
  pid: number;
  name: string;
  /** Between the parentheses, as strace prints it. */
  args: string;
  /** After the equals sign, as strace prints it; "?" when there is none. */
  ret: string;
  /** Errno name, "" on success. */
  error: string;
  /** The descriptor the call is about, -1 when none. */
  fd: number;
  /** Path, `tcp:10.0.0.1:5432`, `pipe:[123]`, `fifo:/path`, `thread:42` (who has the mutex): what the call is about; "" when not looked up. */
  target: string;
  /** It had not returned when the recording was written, or its task was killed in it. */
  unfinished: boolean;
  /** Of the duration: ns asleep, and ns ready to run but without a CPU; -1 where the engine could not tell. */
  blocked: number;
  queued: number;
  /** The same for the time since the return of the thread's previous call. */
  gapBlocked: number;
  gapQueued: number;
  /** tid of the thread that last woke this one during the call; 0: an interrupt or timer; -1: unknown. */
  waker: number;
}

/** A signal delivered to a thread. */
export interface SignalRow {
  ts: number;
  tid: number;
  pid: number;
  name: string;
  /** Text between `--- SIGTERM ` and ` ---`. */
  info: string;
  /** Sender's pid, 0 when the kernel sent it. */
  sender: number;
}

/**
 * What happened besides: `exec`, `control`, `death`, `delay`, `stopped`, `detached`, `ready`; `flight` (the flight
 * recorder was saved), `gap` (nothing was recorded), `between` (what the supervisor did before the lifetime), `holder` (who held the lock that `pid`, a tid, waited for in the
 * call that began then).
 */
export interface EventRow {
  ts: number;
  kind: string;
  pid: number;
  text: string;
  /** `delay`, `gap` and `between`: when it ends. */
  until: number | null;
}

/** starting, ready, running, stopping, dead. */
export interface PhaseRow {
  name: string;
  started: number;
  ended: number | null;
}

/** What is missing. */
export interface LossRow {
  ts: number;
  count: number;
  reason: string;
}

/** Calls of one name in one second, kept while running. */
export interface RateRow {
  /** Start of the second; null: the sum of all that had to go because the file was full. */
  ts: number | null;
  name: string;
  calls: number;
  errors: number;
  total_ns: number;
  max_ns: number;
}

/** How many of those calls took how long. */
export interface HistogramRow {
  ts: number | null;
  name: string;
  /** Durations d of this bucket: from_ns <= d < to_ns. */
  from_ns: number;
  to_ns: number;
  calls: number;
}

/** A thread seen on a CPU. */
export interface SampleRow {
  ts: number;
  tid: number;
  /** Key of `Recording.stacks`. */
  stack: number;
}

/** One function of a stack. */
export interface Frame {
  /** Demangled; "" when no symbol covers the address. */
  function: string;
  /** Path of the program or library, `[kernel]`, `[jit]`, `[vdso]`; "" when nothing is mapped there. */
  module: string;
  /** As in the module's symbol table; for `[kernel]` (signed: negative) and `[jit]` the address in memory. */
  address: number;
}

/** Calls as columns, of which the first `count` places are filled; those of texts (name, args, ret, error, target) hold ids. */
export interface CallColumns {
  count: number;
  ts: Float64Array;
  duration: Float64Array;
  tid: Int32Array;
  pid: Int32Array;
  name: Int32Array;
  args: Int32Array;
  ret: Int32Array;
  error: Int32Array;
  fd: Int32Array;
  target: Int32Array;
  blocked: Float64Array;
  queued: Float64Array;
  gapBlocked: Float64Array;
  gapQueued: Float64Array;
  waker: Int32Array;
}

/** Texts that a file does not have yet; the first has the id `base`, the others follow. */
export interface NewTexts {
  base: number;
  texts: string[];
  /** No new call will have an id below this one. */
  settled: number;
}

/** A mapped file as it was when it was first seen, so that no other gives its names. */
export interface ModuleFile extends MappedFile {
  /** Descriptor of this process that holds the file until its frames have been written; -1 if there is none. */
  held: number;
}

/** A frame before its symbol was looked up. */
export interface RawFrame {
  id: number;
  module: string;
  /** Offset in the module's file; for `[kernel]` (signed) and `[jit]` the address in memory. */
  offset: number;
  /** Process it was seen in. */
  pid: number;
  /** Undefined where there is no file, or none that could be found: then the frame has no name. */
  file?: ModuleFile;
  /** In memory, if the module is memory that a compiler may have written its code to. */
  address?: number;
}

export interface Samples {
  rows: SampleRow[];
  /** Stacks and frames that the file does not have yet; frame ids innermost first. */
  stacks: { id: number; frames: number[] }[];
  frames: RawFrame[];
  /** No new sample will have a stack, nor a new stack a frame, with an id below these. */
  settledStack: number;
  settledFrame: number;
}

/** What one flush adds to a file. What is marked "replaces" is written anew each time. */
export interface Batch {
  path: string;
  /** Bytes the file may have; beyond them what was kept while running goes, oldest first. */
  limit: number;
  /** When it was first recorded like a running service. */
  ranFrom: number | null;
  /** Replaces. */
  lifetime: Lifetime;
  /** The living replace those that lived; the dead are added. */
  processes: ProcessRow[];
  /** Replaces. */
  phases: PhaseRow[];
  /** Replaces. */
  losses: LossRow[];
  texts: NewTexts;
  /** Calls that have not returned; replaces. */
  open: CallColumns[];
  calls: CallColumns[];
  signals: SignalRow[];
  events: EventRow[];
  rates: RateRow[];
  histograms: HistogramRow[];
  samples: Samples;
}

/** A recording read back; `samples` are in order of `ts`. */
export interface Recording {
  path: string;
  lifetime: Lifetime;
  processes: ProcessRow[];
  phases: PhaseRow[];
  losses: LossRow[];
  calls: CallTable;
  signals: SignalRow[];
  events: EventRow[];
  samples: SampleRow[];
  /** Frames innermost first. */
  stacks: ReadonlyMap<number, readonly Frame[]>;
  /** Where calls are left out: how far (ns) a start without a sign of readiness got, if that was looked up. */
  reached?: number;
}
