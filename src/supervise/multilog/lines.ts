/**
 * multilog's lines: stamped, selected by the script and put into the buffers of the logs. This is the hot loop; what
 * is not here is files and waiting.
 */

import { type Area, copyWords } from "../area.ts";
import { STAMP_BYTES, Stamper } from "../stamps.ts";
import { LogBuffer, PIECE } from "./log-buffer.ts";
import { matches } from "./match.ts";
import type { Action, Script } from "./script.ts";

/** The original reads so many bytes at a time, and writes before it reads. */
const READ = 1024;
/** What patterns and status files see of a line, the stamp included. */
const SEEN = PIECE;
const NEWLINE = 10;

/** What becomes of lines that do not go to logs. */
export interface Asides {
  /** `e`: bytes [from, to) to standard error. */
  alert(line: Buffer, from: number, to: number): void;
  /** `=file`; `index` counts the script's actions. */
  status(index: number, line: Buffer, from: number, to: number): void;
}

export class Lines {
  /** After `feed`: it stopped before the end of what there was, because a buffer must be written first. */
  full = false;
  /** Within the part of a line that patterns do not see. */
  private long = false;
  /** Logs the current line goes to. */
  private readonly selected: boolean[];
  private readonly chosen: LogBuffer[] = [];
  /** Of the line at hand something has come, and its stamp has been taken, but not yet what patterns see. */
  private begun = false;
  private readonly stamp = { view: new DataView(new ArrayBuffer(STAMP_BYTES + 2)) };
  private readonly stamper = new Stamper();
  private readonly scratch: LogBuffer;
  /** The script does more than to name logs. */
  private readonly patterned: boolean;
  /** Logs get the input as it is. */
  private readonly verbatim: boolean;
  /** The clock is looked at again from here on: what the original would read at once came at the same time. */
  private clockAt = 0;
  /** Where the original's next read would begin. */
  private boundary = 0;

  /** With `stopAtCuts`, `feed` stops as soon as a log's file has to end, and that is always at the last byte put. */
  constructor(
    private readonly script: Script,
    private readonly logs: readonly LogBuffer[],
    private readonly asides: Asides,
    private readonly stopAtCuts = false,
  ) {
    this.scratch = logs[0] ?? new LogBuffer(Number.POSITIVE_INFINITY);
    this.selected = logs.map(() => true);
    this.chosen = [...logs];
    this.patterned = script.actions.some((a) => a.kind !== "dir");
    this.verbatim = !this.patterned && !script.stamp && logs.length > 0;
  }

  /** Whether a line has begun that is not finished. */
  get unfinished(): boolean {
    return this.long || this.begun;
  }

  /** Which logs the long line at hand goes to; undefined between lines. */
  get longLine(): boolean[] | undefined {
    return this.long ? [...this.selected] : undefined;
  }

  /** Goes on within a long line. */
  resumeLong(selected: readonly boolean[]): void {
    this.long = true;
    for (const i of this.selected.keys()) this.selected[i] = selected[i] ?? false;
    this.choose();
  }

  /** Says that bytes from `fresh` on have just been read: what is before is the unfinished line of the last feed. */
  begin(fresh: number): void {
    for (const log of this.logs) log.settle();
    this.boundary = fresh + READ;
    if (this.script.stamp) this.stamper.begin();
    this.clockAt = 0;
  }

  /**
   * Deals with the lines in bytes [from, to) of `input`; the byte after them is overwritten. Returns where it stopped:
   * at an unfinished line, which is to be given again with more, or, if `full`, where to go on once the logs have been
   * written.
   */
  feed(input: Area, from: number, to: number): number {
    this.full = false;
    const chunk = input.bytes;
    chunk[to] = NEWLINE;
    let at = from;
    if (this.long) {
      at = this.tail(chunk, at, to);
      if (this.long || this.full) return at;
    }
    const { patterned, stopAtCuts } = this;
    const prefix = this.script.stamp ? STAMP_BYTES : 0;
    const seen = SEEN - prefix;
    while (at < to) {
      if (this.verbatim) at = this.bulk(chunk, at, to);
      if (at === to) break;
      if (!this.roomy) {
        this.full = true;
        return at;
      }
      const newline = chunk.indexOf(NEWLINE, at);
      const end = Math.min(newline, at + seen);
      if (prefix > 0 && at >= this.clockAt && !this.begun) {
        this.stamper.write(this.stamp.view, 0);
        this.clockAt = at + READ;
      }
      if (newline === to && end - at < seen) {
        this.begun = true;
        return at;
      }
      this.begun = false;
      const { scratch } = this;
      const { view } = scratch.area;
      const start = scratch.filled;
      if (prefix > 0) copyWords(this.stamp.view, 0, view, start, STAMP_BYTES);
      copyWords(input.view, at, view, start + prefix, end - at);
      const length = prefix + end - at;
      const long = length === SEEN;
      this.reach(long ? end - 1 : end);
      if (patterned) this.select(start, start + length);
      this.put(start, start + length);
      at = end;
      if (long) {
        this.long = true;
        at = this.tail(chunk, at, to);
        if (this.long || this.full) return at;
        continue;
      }
      for (let k = 0; k < this.chosen.length; k++) this.chosen[k].endLine();
      at++;
      if (stopAtCuts && this.settleChosen()) return at;
    }
    return at;
  }

  /** Lines that nobody looks at, while no file is near its end: all at once. Returns where it stopped. */
  private bulk(chunk: Buffer, from: number, to: number): number {
    let most = to - from;
    for (let k = 0; k < this.logs.length; k++) most = Math.min(most, this.logs[k].carefree);
    if (most <= 0 || this.begun) return from;
    const end = chunk.lastIndexOf(NEWLINE, from + most - 1) + 1;
    if (end <= from) return from;
    for (const log of this.logs) log.putLines(chunk, from, end);
    return end;
  }

  /** The end of input ends a line too. Feed what is left of it first. */
  end(input: Area, from: number, to: number): void {
    if (!this.unfinished) return;
    for (const log of this.logs) log.settle();
    if (!this.long) {
      input.bytes[to] = NEWLINE;
      this.feed(input, from, to + 1);
      return;
    }
    for (const log of this.chosen) log.endLine();
    this.long = false;
  }

  private get roomy(): boolean {
    if (!this.scratch.roomy) return false;
    for (let k = 1; k < this.logs.length; k++) if (!this.logs[k].roomy) return false;
    return true;
  }

  /** The rest of a long line. */
  private tail(chunk: Buffer, from: number, to: number): number {
    const { chosen } = this;
    for (let at = from; at < to; ) {
      this.reach(at);
      const newline = chunk.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline > to ? to : newline;
      let end = Math.min(lineEnd, this.boundary);
      for (const log of chosen) {
        if (!log.roomy) this.full = true;
        end = Math.min(end, at + log.room - 1);
        if (this.stopAtCuts) end = Math.min(end, at + log.left);
      }
      if (this.full) return at;
      for (const log of chosen) log.putTail(chunk, at, end);
      at = end;
      if (at === newline && at < to) {
        this.reach(at);
        for (const log of chosen) log.endLine();
        this.long = false;
        at++;
        if (this.stopAtCuts) this.settleChosen();
        return at;
      }
      if (this.stopAtCuts && this.settleChosen()) return at;
    }
    return to;
  }

  /** The byte at `at` has been read: what was put before that read has been written. */
  private reach(at: number): void {
    if (at < this.boundary) return;
    for (const log of this.logs) log.settle();
    this.boundary += Math.ceil((at + 1 - this.boundary) / READ) * READ;
  }

  /** Whether a file has to end here. */
  private settleChosen(): boolean {
    for (let k = 0; k < this.chosen.length; k++) {
      const log = this.chosen[k];
      log.settle();
      if (log.bytes >= log.size) log.cut();
      if (log.cuts.length > 0) this.full = true;
    }
    return this.full;
  }

  /** Carries the script out on a line in the scratch buffer. */
  private select(start: number, end: number): void {
    const { actions } = this.script;
    const { buffer } = this.scratch;
    let selected = true;
    let dir = 0;
    for (let i = 0; i < actions.length; i++) {
      const action: Action = actions[i];
      if (action.kind === "select") {
        if (selected !== action.keep && matches(action.pattern, buffer, start, end)) selected = action.keep;
      } else if (action.kind === "dir") this.selected[dir++] = selected;
      else if (!selected) continue;
      else if (action.kind === "stderr") this.asides.alert(buffer, start, end);
      else this.asides.status(i, buffer, start, end);
    }
    this.choose();
  }

  private choose(): void {
    this.chosen.length = 0;
    for (let k = 0; k < this.logs.length; k++) if (this.selected[k]) this.chosen.push(this.logs[k]);
  }

  private put(start: number, end: number): void {
    const { chosen, scratch } = this;
    for (let k = 0; k < chosen.length; k++)
      if (chosen[k] !== scratch) chosen[k].put(scratch.buffer, start, end);
    if (chosen.length > 0 && chosen[0] === scratch) scratch.take(end - start);
  }
}
