/**
 * multilog's lines: stamped, selected by the script and put into the buffers of the logs. This is the hot loop; what
 * is not here is files and waiting.
 */

import { AREA_BYTES, type Area } from "../area.ts";
import { STAMP_BYTES, Stamper } from "../stamps.ts";
import { type LogBuffer, PIECE, UNSETTLED_MAX } from "./log-buffer.ts";
import type { Script } from "./script.ts";
import { Selector } from "./selector.ts";

/** The original reads so many bytes at a time, and writes before it reads. */
const READ = 1024;
/** What patterns and status files see of a line, the stamp included. */
const SEEN = PIECE;
const NEWLINE = 10;

/** What becomes of lines that do not go to logs. */
export interface Asides {
  /** `e`: what patterns see of a line, to standard error. */
  alert(line: Buffer): void;
  /** `=file`; `index` counts the script's actions. */
  status(index: number, line: Buffer): void;
}

export class Lines {
  /** After `feed`: it stopped before the end of what there was, because a buffer must be written first. */
  full = false;
  /** Within the part of a line that patterns do not see. */
  private long = false;
  /** Logs the current line goes to. */
  private readonly chosen: LogBuffer[];
  /** Undefined if the script does no more than to name logs. */
  private readonly selector: Selector | undefined;
  /** Of the line at hand something has come, and its stamp has been taken, but not yet what patterns see. */
  private begun = false;
  private readonly stamp = new DataView(new ArrayBuffer(STAMP_BYTES + 2));
  private readonly stampBytes = Buffer.from(this.stamp.buffer, 0, STAMP_BYTES);
  private readonly stamper = new Stamper();
  /** What patterns see of the line at hand lies there, behind its stamp. */
  private input: Area | undefined;
  private lineAt = 0;
  private lineEnd = 0;
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
    this.chosen = [...logs];
    const patterned = script.actions.some((a) => a.kind !== "dir");
    this.selector = patterned ? new Selector(script, (index) => this.aside(index)) : undefined;
    this.verbatim = !patterned && !script.stamp && logs.length > 0;
  }

  /** Whether a line has begun that is not finished. */
  get unfinished(): boolean {
    return this.long || this.begun;
  }

  /** Which logs the long line at hand goes to; undefined between lines. */
  get longLine(): boolean[] | undefined {
    return this.long ? this.logs.map((log) => this.chosen.includes(log)) : undefined;
  }

  /** Goes on within a long line. */
  resumeLong(selected: readonly boolean[]): void {
    this.long = true;
    this.selector?.resume(selected);
    this.choose(selected);
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
    const { selector, stopAtCuts } = this;
    selector?.begin(chunk);
    const prefix = this.script.stamp ? STAMP_BYTES : 0;
    const seen = SEEN - prefix;
    let room = 0;
    while (at < to) {
      if (this.verbatim) {
        at = this.bulk(chunk, at, to);
        room = 0;
      }
      if (at === to) break;
      if (room <= UNSETTLED_MAX) {
        room = this.room;
        if (room <= UNSETTLED_MAX) {
          this.full = true;
          return at;
        }
      }
      const end = Math.min(chunk.indexOf(NEWLINE, at), at + seen);
      if (prefix > 0 && at >= this.clockAt && !this.begun) {
        this.stamper.write(this.stamp, 0);
        selector?.stamped(this.stampBytes);
        this.clockAt = at + READ;
      }
      const long = end - at === seen;
      if (end === to && !long) {
        this.begun = true;
        return at;
      }
      this.begun = false;
      this.reach(long ? end - 1 : end);
      if (selector) {
        this.input = input;
        this.lineAt = at;
        this.lineEnd = end;
        if (selector.select(at, end)) this.choose(selector.selected);
      }
      const { chosen } = this;
      for (let k = 0; k < chosen.length; k++) chosen[k].put(this.stamp, prefix, input, at, end);
      room -= prefix + end + 1 - at;
      at = end;
      if (long) {
        this.long = true;
        at = this.tail(chunk, at, to);
        if (this.long || this.full) return at;
        continue;
      }
      for (let k = 0; k < chosen.length; k++) chosen[k].endLine();
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

  /** Bytes that fit into each log's buffer. */
  private get room(): number {
    let room = AREA_BYTES;
    for (let k = 0; k < this.logs.length; k++) room = Math.min(room, this.logs[k].room);
    return room;
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

  private choose(selected: readonly boolean[]): void {
    const { chosen, logs } = this;
    let count = 0;
    for (let k = 0; k < logs.length; k++) if (selected[k]) chosen[count++] = logs[k];
    // setting the length would give the array's memory back, every other line
    while (chosen.length > count) chosen.pop();
  }

  /** `e` or `=file` for the line at hand. */
  private aside(index: number): void {
    const { asides, lineAt, lineEnd } = this;
    const stampBytes = this.script.stamp ? STAMP_BYTES : 0;
    const line = Buffer.allocUnsafe(stampBytes + lineEnd - lineAt);
    this.stampBytes.copy(line);
    line.set(this.input!.bytes.subarray(lineAt, lineEnd), stampBytes);
    if (this.script.actions[index].kind === "stderr") asides.alert(line);
    else asides.status(index, line);
  }
}
