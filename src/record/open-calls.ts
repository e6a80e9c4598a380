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

/** Takes what was found of the task's call, or of one before it, out of `calls`; returns it if it was this call. */
function endIn(calls: Map<number, OpenCall>, task: Task): OpenCall | undefined {
  const open = calls.get(task.tid);
  if (!open || open.task.call.entry > task.call.exit) return undefined;
  calls.delete(task.tid);
  return sameCall(open.task, task) ? open : undefined;
}

const sameCall = (a: Task, b: Task): boolean => a.call.entry === b.call.entry && a.call.nr === b.call.nr;

export class OpenCalls {
  private readonly entered = new Map<Task, OpenCall>();
  /** By tid. */
  private found = new Map<number, OpenCall>();
  /** By tid: found before, and returned since, which the engine has yet to tell. */
  private over = new Map<number, OpenCall>();
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
    if (this.found.size + this.over.size === 0) return undefined;
    return endIn(this.found, task) ?? endIn(this.over, task);
  }

  forget(task: Task): void {
    this.entered.delete(task);
    this.found.delete(task.tid);
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
    if (!this.frozen) this.over = before;
  }

  private meet(task: Task): OpenCall {
    task.inCall = true;
    this.memory.at(task.tid);
    const text = this.text.enter(task, this.memory);
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
