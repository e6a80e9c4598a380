/** What the analysis says. Times inside are monotonic ns; what leaves in a Report is in seconds. */
import type { CallRow, Lifetime } from "../record/model.ts";

export type Category =
  | "cpu"
  | "runqueue"
  | "disk"
  | "network"
  | "dns"
  | "lock"
  | "sleep"
  | "child"
  | "ipc"
  | "memory"
  | "supervisor";

/** A stretch of a restart, in order and without gaps. */
export interface Phase {
  name: string;
  from: number;
  to: number;
  /** What the phase is, for a reader. */
  text: string;
}

/** One piece of the critical path: who did or waited for what. Pieces are in order and do not overlap. */
export interface Segment {
  from: number;
  to: number;
  /** Undefined: nothing known about this time. */
  category: Category | undefined;
  tid: number;
  pid: number;
  /** The call it was spent in; undefined for time outside calls, and for a run. */
  call?: CallRow;
  /** It is made of many short pieces of computing. */
  run?: Run;
  /** What was waited for: path, peer, pipe; "" when unknown. */
  target: string;
  /** Calls of processes that waited for this one meanwhile, outermost first. */
  via: readonly CallRow[];
  /** Finer than the category; groups calls that belong together: `fsync`, `connect`, `lookup`. */
  kind: string;
}

/** Short calls that only worked, and the time between them. */
export interface Run {
  calls: number;
  /** ns spent in them. */
  inCalls: number;
  /** The longest piece, in a call or between two. */
  longest: { from: number; to: number; call: CallRow | undefined };
  /** The calls that took longest, in order of time. */
  slowest: CallRow[];
}

/** Segments with one explanation. */
export interface Cause {
  rank: number;
  seconds: number;
  /** Share of the total, 0..1. */
  share: number;
  category: Category;
  /** Finer than the category, see Segment. */
  kind: string;
  text: string;
  phase: string;
  syscall: string;
  target: string;
  pid: number;
  comm: string;
  /** Calls in it. */
  count: number;
  /** strace lines that show it. */
  evidence: string[];
}

/** Time of one process within the analysed window. */
export interface ProcessTotal {
  pid: number;
  comm: string;
  argv: string;
  /** Seconds it existed, waited in calls, and spent outside calls, all threads together within the window. */
  wall: number;
  waiting: number;
  outside: number;
  /** CPU seconds of its whole life, undefined when unknown. */
  cpu: number | undefined;
}

/** A death that nobody asked for. */
export interface Death {
  status: number | null;
  signal: string | null;
  /** How long it ran, in seconds; null when it was attached to. */
  seconds: number | null;
  /** Of the lifetime that the report is about, which the supervisor is about to follow by another. */
  again: boolean;
}

export interface Report {
  kind: "restart" | "start" | "stop" | "run";
  lifetime: Lifetime;
  /** The request that began it (seconds since 1970, and by whom); null for a start or a death of its own. */
  asked: number | null;
  askedBy: string | null;
  /** In order: of the lifetime that ended, and of the one that began. */
  deaths: Death[];
  /** Nanoseconds since 1970 at which the window starts. */
  when: number;
  total: number;
  /** Median length of the restarts before, seconds; undefined when there are none, or this is no restart. */
  usual?: number;
  phases: { name: string; seconds: number; text: string }[];
  verdict: string;
  /** What to look at next; "" when nothing stands out. */
  hint: string;
  causes: Cause[];
  /** Seconds that no cause explains; `tracing` is the part of it in which processes were stopped by the tracer. */
  unattributed: number;
  tracing: number;
  /** Of a running service: seconds in which threads had nothing to do. */
  idle?: number;
  processes: ProcessTotal[];
  lost: number;
  losses: { count: number; reason: string }[];
  /** Things a reader should know: no previous lifetime, not ready yet … */
  notes: string[];
}
