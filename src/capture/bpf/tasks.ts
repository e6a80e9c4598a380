/** The tasks followed, as far as the reader knows. */
import { comm, status } from "../../kernel/proc.ts";
import type { CurrentCall } from "../../kernel/tasks.ts";
import { type ExitEvent, type SignalEvent, Task } from "../event.ts";

interface Ignored {
  readonly time: number;
  readonly signal: SignalEvent;
}

/** How a task ended: `code` as wait(2) gives it. */
export interface End {
  readonly code: number;
  readonly times: ExitEvent["times"];
  readonly time: number;
}

export class BpfTask extends Task {
  /** Signals nobody handled; a tracer would have seen them on the way back from the call they came in. */
  readonly ignored: Ignored[] = [];
  /** The signal sent last, and the number of the one delivered last. */
  sent: SignalEvent | undefined;
  shown = 0;

  wasSent(signal: SignalEvent): void {
    this.sent = signal;
    // what was delivered was another one
    this.shown = 0;
  }

  /** An exec whose call has not returned yet. */
  exec: { readonly former: number; readonly time: number } | undefined;
  /** When we attached in the middle of a call whose entry we did not see (ns), 0 if we did not. */
  foundAt = 0;
  /** That call, once it is known, as layout.ts numbers ABIs. */
  foundIn: (CurrentCall & { readonly abi: number }) | undefined;
  /** When it ended although other threads of its process go on, whose end is its own (ns), 0 if it has not. */
  left = 0;
  /** How its process ended, of some of whose threads the ends have not been told. */
  ended: End | undefined;
  /** Record of the call that does not return, kept until the task ends. */
  last: Uint8Array | undefined;
}

export class TaskTable {
  private readonly byTid = new Map<number, BpfTask>();
  private recent: BpfTask | undefined;
  /** Tasks of each process. */
  private readonly sizes = new Map<number, number>();

  get size(): number {
    return this.byTid.size;
  }

  get(tid: number): BpfTask | undefined {
    if (this.recent?.tid === tid) return this.recent;
    const task = this.byTid.get(tid);
    if (task) this.recent = task;
    return task;
  }

  add(task: BpfTask): void {
    this.byTid.set(task.tid, task);
    this.sizes.set(task.pid, this.sizeOf(task.pid) + 1);
  }

  /** How many tasks of a process are followed. */
  sizeOf(pid: number): number {
    return this.sizes.get(pid) ?? 0;
  }

  remove(task: BpfTask): void {
    if (this.recent === task) this.recent = undefined;
    if (this.byTid.get(task.tid) !== task) return;
    this.byTid.delete(task.tid);
    const left = this.sizeOf(task.pid) - 1;
    if (left > 0) this.sizes.set(task.pid, left);
    else this.sizes.delete(task.pid);
  }

  /** A thread that exec'd goes on under its leader's tid. */
  rename(task: BpfTask, tid: number): void {
    this.remove(task);
    task.tid = tid;
    task.pid = tid;
    this.add(task);
  }

  [Symbol.iterator](): IterableIterator<BpfTask> {
    return this.byTid.values();
  }
}

/** A task whose beginning was not reported, from what /proc still knows. */
export function strange(tid: number): BpfTask {
  const s = status(tid);
  const { tgid, ppid } = s ?? { tgid: tid, ppid: 0 };
  const task = new BpfTask(tid, tgid, tid === tgid ? ppid : tgid);
  task.comm = comm(tid);
  return task;
}
