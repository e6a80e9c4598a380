/** Calls under way in one lifetime: told by an engine that sees entries, or found by looking into the kernel. */
import type { EachUnderWay } from "../capture/engine.ts";
import type { Task } from "../capture/event.ts";
import { LiveMemory } from "../capture/live-memory.ts";
import { type CallInfo, infoOf } from "./call-info.ts";
import type { CallRow, ProcessRow } from "./model.ts";
import type { ProcessRows } from "./process-rows.ts";
import type { Targets } from "./targets.ts";
import type { CallText, Entry } from "./text.ts";

export interface OpenCall {
  task: Task;
  info: CallInfo;
  /** Undefined when it was not decoded at entry. */
  text: Entry | undefined;
  target: string;
  row: ProcessRow;
  /** The holder of the lock it waits for has been looked up. */
  asked: boolean;
}

/** Tells of the calls that these threads are in, as an engine's `underWay` does. */
export type UnderWay = (each: EachUnderWay, tids: Iterable<number>) => void;

/** Calls that have returned and are not told of yet, at most. */
const MOST_RETURNS = 20_000;

const sameCall = (a: Task, b: Task): boolean => a.call.entry === b.call.entry && a.call.nr === b.call.nr;

export class OpenCalls {
  private readonly entered = new Map<Task, OpenCall>();
  /** By tid. */
  private found = new Map<number, OpenCall>();
  /** By tid: found before, and returned since, which the engine has yet to tell; and how many there are. */
  private readonly over = new Map<number, OpenCall[]>();
  private returns = 0;
  /** In tasks that were let go. */
  private readonly left: CallRow[] = [];
  private readonly memory = new LiveMemory();
  private frozen = false;

  constructor(
    private readonly text: CallText,
    private readonly targets: Targets,
    private readonly processes: ProcessRows,
    private readonly underWay: UnderWay | undefined,
  ) {}

  enter(task: Task, info: CallInfo, text: Entry | undefined): void {
    const open = this.entered.get(task);
    if (open) {
      open.info = info;
      open.text = text;
      open.target = "";
      open.asked = false;
    } else {
      this.entered.set(task, { task, info, text, target: "", row: this.processes.of(task), asked: false });
    }
  }

  of(task: Task): OpenCall | undefined {
    return this.entered.get(task) ?? this.found.get(task.tid);
  }

  /** A call that was seen whole is over. Returns what was found out about it while it was under way. */
  returned(task: Task): OpenCall | undefined {
    // every call passes here, and hardly any was found
    if (this.found.size + this.returns === 0) return undefined;
    const open = this.found.get(task.tid);
    if (open && open.task.call.entry <= task.call.exit) {
      this.found.delete(task.tid);
      if (sameCall(open.task, task)) return open;
    }
    return this.returns > 0 ? this.tellReturn(task) : undefined;
  }

  /** Takes the call, and those that were before it, out of what has returned. */
  private tellReturn(task: Task): OpenCall | undefined {
    const before = this.over.get(task.tid);
    if (!before) return undefined;
    const later = before.filter((o) => o.task.call.entry > task.call.entry);
    this.returns -= before.length - later.length;
    if (later.length > 0) this.over.set(task.tid, later);
    else this.over.delete(task.tid);
    return before.find((o) => sameCall(o.task, task));
  }

  private hasReturned(open: OpenCall): void {
    // their calls were lost, or left out
    if (this.returns >= MOST_RETURNS) {
      this.over.clear();
      this.returns = 0;
    }
    const { tid } = open.task;
    const same = this.over.get(tid);
    if (same) same.push(open);
    else this.over.set(tid, [open]);
    this.returns++;
  }

  forget(task: Task): void {
    this.entered.delete(task);
    this.found.delete(task.tid);
    this.returns -= this.over.get(task.tid)?.length ?? 0;
    this.over.delete(task.tid);
  }

  /** What was found is under way for good; what is found from now on was not known. */
  freeze(): void {
    this.frozen = true;
  }

  /** Looks what is under way, where the engine does not tell by itself. */
  look(): void {
    if (!this.underWay) return;
    const before = this.found;
    this.found = new Map(this.frozen ? before : []);
    this.underWay((task) => {
      const known = before.get(task.tid);
      const same = known !== undefined && sameCall(known.task, task);
      if (same) before.delete(task.tid);
      this.found.set(task.tid, same ? known : this.meet(task));
    }, this.processes.tids());
    if (!this.frozen) for (const open of before.values()) this.hasReturned(open);
  }

  private meet(task: Task): OpenCall {
    task.inCall = true;
    this.memory.at(task.tid);
    // what its arguments point to may have changed since
    const text = this.frozen ? undefined : this.text.enter(task, this.memory);
    return { task, info: infoOf(task.call), text, target: "", row: this.processes.of(task), asked: false };
  }

  *all(): Iterable<OpenCall> {
    for (const open of this.entered.values()) if (open.task.inCall && open.task.call.entry !== 0) yield open;
    yield* this.found.values();
  }

  rows(now: number): CallRow[] {
    const rows = [...this.left];
    for (const open of this.all()) rows.push(this.row(open, now));
    return rows;
  }

  /** The task is let go in its call, which stays under way for good. */
  leave(open: OpenCall, now: number): void {
    this.left.push(this.row(open, now));
  }

  row({ task, info, text, target }: OpenCall, now: number): CallRow {
    const { call } = task;
    return {
      ts: call.entry,
      duration: Math.max(0, now - call.entry),
      tid: task.tid,
      pid: task.pid,
      name: call.name,
      args: text?.args.text ?? "...",
      ret: "?",
      error: "",
      fd: this.targets.fdOf(task, info),
      target,
      unfinished: true,
      blocked: -1,
      queued: -1,
      gapBlocked: call.gapBlocked,
      gapQueued: call.gapQueued,
      waker: -1,
    };
  }
}
