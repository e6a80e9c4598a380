/** The calls of one lifetime that are kept and wait to be written; how many is bounded. */
import type { Task } from "../capture/event.ts";
import type { CallInfo } from "./call-info.ts";
import { CallBuffer, countOf, putCall } from "./columns.ts";
import type { Batch, CallColumns, CallRow } from "./model.ts";
import type { Result } from "./text.ts";
import { Text, Texts } from "./texts.ts";

export interface CallLogOptions {
  errnoName: (errno: number) => string;
  /** Most calls and characters that wait to be written. */
  maxCalls?: number;
  maxCharacters?: number;
}

/** Memory of one waiting call. */
const CALL_BYTES = 92;
/** Calls faster than this (ns) are dropped first. */
const FAST = 1e6;
const TOO_FAST = "calls not kept: the recording could not be written fast enough";

export class CallLog {
  private readonly texts: Texts;
  private readonly calls = new CallBuffer();
  private readonly empty = new Text("");
  private readonly full: number;

  /** `lost` is told of calls that are dropped. */
  constructor(
    private readonly options: CallLogOptions,
    private readonly lost: (count: number, reason: string) => void,
    firstText = 0,
  ) {
    this.texts = new Texts(firstText);
    this.full = options.maxCalls ?? 100_000;
  }

  get count(): number {
    return this.calls.count;
  }

  /** Bytes held, about. */
  get bytes(): number {
    return this.calls.count * CALL_BYTES + this.texts.characters * 2;
  }

  /** Keeps the call that `task` has finished. */
  store(task: Task, info: CallInfo, result: Result, target: string, fd: number): void {
    const { call } = task;
    const { texts } = this;
    if (this.calls.count >= this.full && !this.hasRoom(call.exit - (call.entry || call.exit))) return;
    const i = this.calls.next();
    const c = this.calls.columns;
    const entered = call.entry || call.exit;
    c.ts[i] = entered;
    c.duration[i] = call.exit - entered;
    c.tid[i] = task.tid;
    c.pid[i] = task.pid;
    c.name[i] = texts.idOf(info.name);
    c.args[i] = texts.idOf(result.args);
    c.ret[i] = texts.idOf(result.ret);
    c.error[i] = call.error ? texts.id(this.options.errnoName(call.error)) : texts.idOf(this.empty);
    c.fd[i] = fd;
    c.target[i] = target === "" ? texts.idOf(this.empty) : texts.id(target);
    c.blocked[i] = call.blocked;
    c.queued[i] = call.queued;
    c.gapBlocked[i] = call.gapBlocked;
    c.gapQueued[i] = call.gapQueued;
    c.waker[i] = call.waker;
    this.bound();
  }

  /** There is, for a call of this duration (ns); else its loss is counted. The last quarter is for slow ones. */
  private hasRoom(duration: number): boolean {
    if (duration >= FAST && this.calls.count < (this.full * 4) / 3) return true;
    this.lost(1, TOO_FAST);
    return false;
  }

  put(row: CallRow): void {
    putCall(this.calls, this.texts, row);
    this.bound();
  }

  /** Rows as columns, for calls that are not kept yet. Their texts go with the next `take`. */
  columns(rows: readonly CallRow[]): CallColumns[] {
    const buffer = new CallBuffer();
    for (const row of rows) putCall(buffer, this.texts, row);
    return buffer.take();
  }

  take(): Pick<Batch, "calls" | "texts"> {
    return { calls: this.calls.take(), texts: this.texts.take() };
  }

  /** What was taken last could not be written. */
  giveBack({ calls, texts }: Pick<Batch, "calls" | "texts">): void {
    this.texts.giveBack(texts);
    this.calls.giveBack(calls);
    this.bound();
  }

  /** The texts of calls that wait, and of those `taken` last, are lost. Returns how many calls go with them. */
  restart(taken: readonly CallColumns[]): number {
    this.texts.restart();
    return countOf(taken) + countOf(this.calls.take());
  }

  /** Drops what is least worth. */
  shed(reason: string): void {
    const dropped =
      this.calls.dropOldest(FAST, this.texts) || this.calls.dropOldest(Number.POSITIVE_INFINITY, this.texts);
    this.lost(dropped, reason);
  }

  private bound(): void {
    const { maxCharacters = 32e6 } = this.options;
    if (this.calls.count > this.full * 2 || this.texts.characters > maxCharacters) this.shed(TOO_FAST);
  }
}
