/**
 * The event model: what every engine reports and all that any later stage knows. Objects are reused between
 * events to keep the hot path free of allocation; a sink that keeps something copies it.
 */
import type { Abi } from "../abi/syscalls.ts";
import type { Descriptor } from "../syscalls/types/types.ts";
import type { Memory } from "./memory.ts";

/** Bits of Call.injected. */
export const Injected = { result: 1, memory: 2, delay: 4 } as const;

/** One system call of one task, valid from its entry to its exit. */
export class Call {
  abi: Abi = "x86_64";
  /** Number as the kernel saw it (x32 bit removed). */
  nr = -1;
  /** Kernel's name, or `syscall_0x…`. */
  name = "";
  descriptor: Descriptor | undefined;
  /** Six arguments as unsigned 32-bit halves: low at 2i, high at 2i+1. */
  readonly args = new Uint32Array(12);
  /** CLOCK_MONOTONIC nanoseconds; 0 when the entry was not seen. */
  entry = 0;
  exit = 0;
  /** Return value halves; meaningless when `error` is set. */
  retLo = 0;
  retHi = 0;
  /** Positive errno (ERESTART* included), 0 on success. */
  error = 0;
  /** Instruction pointer at entry (halves). */
  ipLo = 0;
  ipHi = 0;
  /** Stack pointer at entry (halves). */
  spLo = 0;
  spHi = 0;
  /** Of the call's duration: ns asleep, and ns ready to run but without a CPU; -1 where the engine cannot tell. */
  blocked = -1;
  queued = -1;
  /** The same for the time between the return of the task's previous call and this one's entry. */
  gapBlocked = -1;
  gapQueued = -1;
  /** tid of the task that last woke this one during the call; 0: nobody, or an interrupt; -1: unknown. */
  waker = -1;
  /**
   * Which of the calls seen before this one equals in all but times and task: the slot is the same, and `fresh` is
   * false. -1 for engines that do not compare.
   */
  slot = -1;
  fresh = true;
  /** What was tampered with: bits of `Injected`; 0 for calls left alone. */
  injected = 0;
  /** Scratch space for decoders: values noted at entry that the exit needs. */
  readonly saved: number[] = [];
}

/** A thread being followed. */
export class Task {
  constructor(
    /** Changes only when a thread other than the leader execs: it takes the leader's tid. */
    public tid: number,
    /** Thread group id; equal to tid for a process's first thread. */
    public pid: number,
    /** tid of the task that created it, 0 when we attached to it. */
    readonly parent: number,
  ) {}
  readonly call = new Call();
  /** Threads that were attached to at once, of which the first has their number and the others have 0. */
  attachedThreads = 1;
  /** A call has been entered and has not returned. */
  inCall = false;
  /** Arguments of its last exec, from engines that saw them; long ones are cut. */
  argv: readonly string[] | undefined;
  /** Command name (15 bytes at most), refreshed after exec and PR_SET_NAME. */
  comm = "";
  /** Monotonic nanoseconds at which we first saw it. */
  born = 0;
  /** Name of the last call a line began with; "" before the first. */
  lastShown = "";
  /** CPU time spent in system mode, nanoseconds; kept only when the engine is asked for it. */
  systemTime = 0;
}

/** A signal on its way to a task. `info` is the raw 128-byte siginfo_t, or undefined for a group-stop. */
export interface SignalEvent {
  readonly signo: number;
  readonly info: DataView | undefined;
}

/** Why a task is gone. */
export interface ExitEvent {
  /** Exit status 0..255, or undefined when killed by a signal. */
  readonly status: number | undefined;
  readonly signal: number | undefined;
  readonly coreDumped: boolean;
  /** The task's CPU time in user and kernel mode, and what it waited for a CPU (ns); from engines that know. */
  readonly times?: { readonly user: number; readonly system: number; readonly queued: number };
}

/**
 * Receives events in the order they happened. Called synchronously; `memory` is valid during the call only.
 * Times are CLOCK_MONOTONIC nanoseconds.
 */
export interface EventSink {
  /** `attached`: we attached to a task already running (as opposed to a followed child). */
  newTask(task: Task, attached: boolean): void;
  enter(task: Task, memory: Memory): void;
  exit(task: Task, memory: Memory): void;
  /**
   * A call seen whole: instead of enter and exit, by engines that learn of calls when they return. Sinks without it
   * get those two. `atEntry` and `atExit` are the same memory as it was at either moment.
   */
  call?(task: Task, atEntry: Memory, atExit: Memory): void;
  /**
   * A call that is not reported was made by another ABI's rules than the task's one before: who shows ABIs learns
   * of that from engines that see all calls. Of the call ABI, number and entry are set.
   */
  otherAbi?(task: Task): void;
  signal(task: Task, event: SignalEvent, now: number): void;
  /** Group-stop: `--- stopped by SIGSTOP ---`. */
  stopped(task: Task, signo: number, now: number): void;
  /** The task exec'd; `formerTid` differs when a thread other than the leader did it. */
  exec(task: Task, formerTid: number, now: number): void;
  /** The thread vanished because another thread of its process exec'd. */
  superseded(task: Task, byTid: number, now: number): void;
  exited(task: Task, event: ExitEvent, now: number): void;
  /** We let go of a task that runs on. */
  detached(task: Task): void;
  /** Events that were not delivered, with the reason; `task` if they were one task's, just before its next event. */
  lost(count: number, reason: string, task?: Task): void;
  /**
   * The task was on a CPU when it was sampled: `frames` are instruction pointers, innermost first, of which the
   * first `kernelFrames` are the kernel's (negative: what is missing to 2^64, so that they are exact). `frames` is valid during the call only. For engines that sample.
   */
  sample?(task: Task, frames: Float64Array, count: number, kernelFrames: number, now: number): void;
}
