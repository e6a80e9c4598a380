/** The tasks being traced, and the statuses of tasks nobody has told us about yet. */
import type { Abi } from "../../abi/syscalls.ts";
import { Task } from "../event.ts";
import type { Injection } from "../injection.ts";

/** A task with what only the engine needs to know of it. */
export class Tracee extends Task {
  /** Of its last call. */
  abi: Abi = "x86_64";
  /** Nothing is reported until the command's execve. */
  hidden = false;
  /** Started by us and not yet become the command: if the exec fails, the rest is none of the user's business. */
  starting = false;
  /** Inside a call that is not wanted; `inCall` is for wanted ones. */
  skipping = false;
  /** A filter of ours makes wanted calls stop: outside of them it runs without system call stops. */
  filtered = false;
  /** Stays under trace at its next exec although execs are to be detached from. */
  keepAtExec = false;
  /** To be let go at its next stop. */
  leaving = false;
  /** What is done to the call it is in. */
  injection: Injection | undefined;
  /** Signal it gets, and ns it waits, when it goes on from the stop in hand. */
  signalDue = 0;
  delayDue = 0;
  /** How often it has made the calls that are tampered with, by ABI and number. */
  readonly times = new Map<string, number>();
}

interface Early {
  /** Wait statuses in order of arrival: a stop, a death, or both. */
  readonly statuses: number[];
  /** Monotonic ns of the first. */
  readonly since: number;
}

/**
 * Of no concern to a sink any more, but not yet stopped so that they could be let go. Those of all engines of this process:
 * one that is used after another hears of the other's.
 */
const retired = new Map<number, Tracee>();

export class TaskTable {
  private readonly byTid = new Map<number, Tracee>();
  private readonly early = new Map<number, Early>();
  private last: Tracee | undefined;

  get size(): number {
    return this.byTid.size;
  }

  get(tid: number): Tracee | undefined {
    if (this.last?.tid === tid) return this.last;
    const task = this.byTid.get(tid) ?? retired.get(tid);
    if (task) this.last = task;
    return task;
  }

  has(tid: number): boolean {
    return this.byTid.has(tid);
  }

  add(task: Tracee): void {
    this.byTid.set(task.tid, task);
  }

  /** False if it had been taken off the books before. */
  remove(task: Tracee): boolean {
    this.last = undefined;
    retired.delete(task.tid);
    return this.byTid.delete(task.tid);
  }

  /** Takes a task off the books that is to be let go whenever it stops. */
  retire(task: Tracee): void {
    this.remove(task);
    retired.set(task.tid, task);
  }

  /** Tasks that were retired and have not been let go. */
  get retired(): readonly Tracee[] {
    return [...retired.values()];
  }

  get anyRetired(): boolean {
    return retired.size > 0;
  }

  /** A thread that exec'd goes on under its leader's tid. */
  rename(task: Tracee, tid: number): void {
    this.remove(task);
    task.tid = tid;
    this.byTid.set(tid, task);
  }

  [Symbol.iterator](): IterableIterator<Tracee> {
    return this.byTid.values();
  }

  /** Keeps a status of a task that is not known: a child's first stop can precede its parent's event. */
  hold(tid: number, status: number, now: number): void {
    const held = this.early.get(tid);
    if (held) held.statuses.push(status);
    else this.early.set(tid, { statuses: [status], since: now });
  }

  holds(tid: number): boolean {
    return this.early.has(tid);
  }

  /** The statuses kept for a task, which are forgotten here. */
  claim(tid: number): readonly number[] {
    const held = this.early.get(tid);
    this.early.delete(tid);
    return held?.statuses ?? [];
  }

  get anyHeld(): boolean {
    return this.early.size > 0;
  }

  /** tids whose statuses have been kept since `time` or longer. */
  heldSince(time: number): number[] {
    const tids: number[] = [];
    for (const [tid, e] of this.early) if (e.since <= time) tids.push(tid);
    return tids;
  }
}
