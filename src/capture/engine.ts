/** What an engine is to the rest of the program. */
import type { Abi } from "../abi/syscalls.ts";
import type { SysError } from "../base/errors.ts";
import type { EventSink, Task } from "./event.ts";
import type { Tampering } from "./injection.ts";

/** A command to start under trace. */
export interface Command {
  /** Resolved path of the executable. */
  readonly path: string;
  readonly argv: readonly (string | Uint8Array)[];
  readonly env: readonly (string | Uint8Array)[];
  /** Credentials to start with (-u). */
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** Told why it could not be executed, whether its calls are reported or not. */
  readonly failed?: (error: SysError) => void;
}

export interface EngineOptions {
  /** Follow forks, vforks and clones (-f). */
  followForks: boolean;
  /** Calls that are reported; undefined = all. Others may run at full speed where the engine can arrange it. */
  wanted?: (abi: "x86_64" | "i386" | "x32" | "aarch64", nr: number) => boolean;
  /** Install a seccomp filter so that unwanted calls do not stop (--seccomp-bpf; needs followForks and a command it starts). */
  seccomp?: boolean;
  /** Detach from a process when it execs (-b execve). */
  detachOnExec?: boolean;
  /** Keep Task.systemTime up to date (-c). */
  cpuTimes?: boolean;
  /** Called before the engine waits, and now and then while it never has to: the moment to flush output. */
  onIdle?: () => void;
  /** A child of ours that is not traced has ended; wait status as wait(2) gives it. */
  onOtherExit?: (pid: number, status: number) => void;
  /** What to do to calls (-e inject); of the ptrace engine only. */
  tampering?: Tampering;
  /**
   * What is mapped in a process may have changed: a call about memory has returned, wanted or not, or the process has
   * exec'd or ended. Called before the event is reported; by the ptrace engine only.
   */
  onMapChange?: (pid: number) => void;
  /** PTRACE_O_EXITKILL. */
  killOnExit?: boolean;
}

/** Calls of one name that were counted and not reported; times in nanoseconds. */
export interface QuietCounts {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly total: number;
  readonly longest: number;
  /**
   * How many took 2^i to 2^(i+1) ns; where not every call is timed these and `total` are estimates, and some are counted here
   * only when the next of that name is timed. Valid during the call only.
   */
  readonly buckets: Uint32Array;
}

/** A call that was noted and not reported, without its memory. */
export interface FlightCall {
  /** CLOCK_MONOTONIC ns. */
  readonly exit: number;
  /** ns; 0 when it was not timed: then it did not leave its CPU, took less than two ticks, and `exit` is an estimate. */
  readonly duration: number;
  readonly tid: number;
  readonly name: string;
  /** The result; a negative errno when it failed. */
  readonly ret: number;
  /** Words of the first three arguments, low halves first. */
  readonly args: Uint32Array;
}

/**
 * Groups of tasks whose fast calls need not be reported: such a call is counted, and noted in a ring of the
 * last 65,536, less some on each CPU. A task belongs to the group it was attached or adopted with, its children to its own.
 */
export interface Groups {
  /** A group of its own for some tasks; 0 when there is none left: that group is never quiet. */
  allocate(): number;
  release(group: number): void;
  /** Calls of the group faster than this (ns) are not reported; 0 reports all. */
  setThreshold(group: number, ns: number): void;
  /** Whether quiet calls of this number are counted and noted; others are reported, as all are that exec. */
  counts(abi: Abi, nr: number): boolean;
  /** What was counted since the last time. */
  take(group: number, visit: (counts: QuietCounts) => void): void;
  /**
   * Quiet calls of the group that ended at `since` (ns) or later, as far as the ring goes back, the oldest first. They are copied
   * at once, which is quick, and found out when the function returned is called.
   */
  recent(group: number, since: number): () => FlightCall[];
}

/**
 * Is told of a call under way, in a copy of its task. `seen`: its entry was; otherwise it is when we attached to the task, in
 * the middle of the call.
 */
export type EachUnderWay = (task: Task, seen: boolean) => void;

/**
 * A source of events. Not tied to the event loop: `step` is called by whoever drives it. All methods must be
 * called from the thread that created the engine (ptrace requests are per thread).
 */
export interface Engine {
  /** Starts a command; the events before its first exec are hidden. Returns its pid. Throws SysError. */
  start(command: Command): number;
  /** Attaches to a running process, with all its threads when following forks. Throws SysError. */
  attach(pid: number, group?: number): void;
  /**
   * Attaches to a process that is about to exec: one that stopped itself (SIGSTOP), which is continued, or one
   * that waits for us. Only its main thread; events before the exec are hidden. Throws SysError.
   */
  adopt(pid: number, group?: number): void;
  /**
   * Waits up to `maxWait` milliseconds (0: does not wait) for something to happen and handles what there is, up
   * to a bounded amount of work. Signals of our own interrupt the wait. Returns the number of tasks still traced.
   */
  step(maxWait: number): number;
  /** What happens waits in memory: who has other things to wait for need not wait in `step` to hear of it in time. */
  readonly patient?: boolean;
  /** For engines that can keep quiet. */
  readonly groups?: Groups;
  /** Tells of the calls under way in all tasks, or these, for engines that report calls when they return. */
  underWay?(each: EachUnderWay, tids?: Iterable<number>): void;
  /** tids being traced. */
  tasks(): number[];
  /** For engines with a backlog: events wait because there was no time for them. */
  readonly late?: boolean;
  /**
   * For engines with a backlog: until then (CLOCK_MONOTONIC ns) all that happened has been told, where events need not be put
   * into the order they happened in.
   */
  readonly told?: number;
  /** For engines with a backlog: makes room for what happens, without handling what waits. */
  hold?(): void;
  /**
   * For engines that are behind what happens: nothing more is captured, and `step` handles what waits. Returns how many
   * bytes that is; 0 when there is nothing left.
   */
  finish?(): number;
  /** Lets go of everything, leaving it running. What waits is handled first, or told as lost if `drop`. */
  detach(drop?: boolean): void;
  /** Kills what we started (never what we attached to). */
  killStarted(signal: number): void;
}

export type EngineFactory = (sink: EventSink, options: EngineOptions) => Engine;
