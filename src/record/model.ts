/**
 * What a recording is made of, as plain rows. The writer stores them, the reader gives them back, the analysis
 * works on them. All times are CLOCK_MONOTONIC nanoseconds of the host that recorded; `anchor` turns them into
 * nanoseconds since 1970. `null` means unknown or not (yet) happened.
 */

/** Version of the tables; a reader refuses a recording with a higher one. */
export const FORMAT = 1;

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
  /** The first request to stop: a control command or a fatal signal. */
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
  /** Path, `tcp:10.0.0.1:5432`, `pipe:[123]`: what the call is about; "" when not looked up. */
  target: string;
  /** It had not returned when the recording was written, or its task was killed in it. */
  unfinished: boolean;
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

/** What happened besides: `exec`, `control`, `death`, `delay`, `stopped`, `detached`, `ready`. */
export interface EventRow {
  ts: number;
  kind: string;
  pid: number;
  text: string;
  /** `delay`: when it ends. */
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
  /** Start of the second. */
  ts: number;
  name: string;
  calls: number;
  errors: number;
  total_ns: number;
  max_ns: number;
}

/** Calls as columns; text columns are indexes into `strings`. */
export interface CallColumns {
  count: number;
  ts: Float64Array;
  duration: Float64Array;
  tid: Int32Array;
  pid: Int32Array;
  name: Uint32Array;
  args: Uint32Array;
  ret: Uint32Array;
  error: Uint32Array;
  fd: Int32Array;
  target: Uint32Array;
  strings: string[];
}

/** What one flush adds to a file. `calls` and the arrays after it are appended; the rest replaces what is there. */
export interface Batch {
  path: string;
  lifetime: Lifetime;
  processes: ProcessRow[];
  phases: PhaseRow[];
  losses: LossRow[];
  /** Calls that have not returned. */
  open: CallRow[];
  calls: CallColumns;
  signals: SignalRow[];
  events: EventRow[];
  rates: RateRow[];
}

/** A recording read back; `calls` are in order of `ts`. */
export interface Recording {
  path: string;
  lifetime: Lifetime;
  processes: ProcessRow[];
  phases: PhaseRow[];
  losses: LossRow[];
  calls: CallRow[];
  signals: SignalRow[];
  events: EventRow[];
}
