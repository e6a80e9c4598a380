/**
 * What is to be written to one log, and at which bytes its files end. No file is touched here: `LogDir` writes what
 * this decides.
 */

import { AREA_BYTES, type Area, copy, copyWords, giveArea, takeArea } from "../area.ts";

const NEWLINE = 10;
/** The original writes, and looks whether a file is full, once so many bytes have come. */
const BLOCK = 512;
/** A file ends at a line's end once it is this close to its limit. */
const SLACK = 2000;
/** Most bytes of a line that are put in one piece. */
export const PIECE = 1000;
/** Of bytes not yet decided about: a block and a piece. */
export const UNSETTLED_MAX = BLOCK + PIECE;
/** So far from a file's limit it does not matter in which blocks bytes come: where it ends is decided later. */
const FAR = SLACK + 4096;

export class LogBuffer {
  private held: Area | undefined;
  /** Bytes in the buffer. */
  filled = 0;
  /** Bytes at the buffer's start of which it is decided in which file they go. */
  settled = 0;
  /** Positions in the buffer at which a file ends and the next begins. */
  readonly cuts: number[] = [];

  constructor(
    /** Most bytes of a file. */
    readonly size: number,
    /** Bytes of the file that what is settled last goes to. */
    public bytes = 0,
  ) {}

  /** Where the bytes are; taken from the pool when there is something to hold. */
  get area(): Area {
    this.held ??= takeArea();
    return this.held;
  }

  get buffer(): Buffer {
    return this.area.bytes;
  }

  /** Bytes that fit. */
  get room(): number {
    return AREA_BYTES - this.filled;
  }

  /** Whether a line's beginning fits. */
  get roomy(): boolean {
    return AREA_BYTES - this.filled > UNSETTLED_MAX;
  }

  /** How many bytes can come in any pieces before it has to be decided where the file ends. */
  get carefree(): number {
    return Math.min(this.room, this.left - FAR);
  }

  /** Adds whole lines, at most `carefree` bytes. */
  putLines(bytes: Uint8Array, from: number, to: number): void {
    this.buffer.set(bytes.subarray(from, to), this.filled);
    this.filled += to - from;
    this.settle();
  }

  /** Adds what patterns see of a line: a stamp of so many bytes, and bytes [from, to) of the input. */
  put(stamp: DataView, stampBytes: number, input: Area, from: number, to: number): void {
    const length = stampBytes + to - from;
    if (length > BLOCK - (this.filled - this.settled)) this.settle();
    const { area } = this;
    if (stampBytes > 0) copyWords(stamp, 0, area.view, this.filled, stampBytes);
    copy(input, from, area, this.filled + stampBytes, to - from);
    this.filled += length;
    if (length > BLOCK) this.settle();
  }

  /** Adds the rest of a line as if byte by byte; as much as fits. Returns where it stopped. */
  putTail(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && this.filled < AREA_BYTES) {
      if (this.filled - this.settled === BLOCK) this.settle();
      const n = Math.min(to - at, BLOCK - (this.filled - this.settled), AREA_BYTES - this.filled);
      this.buffer.set(bytes.subarray(at, at + n), this.filled);
      this.filled += n;
      at += n;
    }
    return at;
  }

  endLine(): void {
    if (this.filled - this.settled === BLOCK) this.settle();
    this.buffer[this.filled++] = NEWLINE;
  }

  /** How many bytes more the file takes before it is full. */
  get left(): number {
    return this.size - this.bytes - (this.filled - this.settled);
  }

  /**
   * Decides for what has come since the last time which file it goes to. This is where the original would write a
   * block: as we only account for it, files break at the same places without as many system calls.
   */
  settle(): void {
    const nearLimit = this.size - SLACK;
    if (this.bytes + this.filled - this.settled < nearLimit) {
      this.bytes += this.filled - this.settled;
      this.settled = this.filled;
      return;
    }
    while (this.settled < this.filled) {
      if (this.bytes >= this.size) this.cut();
      let length = Math.min(this.filled - this.settled, this.size - this.bytes);
      if (this.bytes + length >= nearLimit) {
        const newline = this.buffer.lastIndexOf(NEWLINE, this.settled + length - 1);
        if (newline >= this.settled) length = newline + 1 - this.settled;
      }
      this.settled += length;
      this.bytes += length;
      if (this.bytes >= nearLimit && this.buffer[this.settled - 1] === NEWLINE) this.cut();
    }
  }

  /** Ends the file after what is settled. */
  cut(): void {
    this.cuts.push(this.settled);
    this.bytes = 0;
  }

  /** Forgets what has been written: all of it. */
  clear(): void {
    this.filled = 0;
    this.settled = 0;
    this.cuts.length = 0;
    if (this.held) giveArea(this.held);
    this.held = undefined;
  }
}
