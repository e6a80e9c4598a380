/** The pieces of a task's memory that came with the record of its call. */
import { Memory } from "../memory.ts";
import { segment, segmentFlags } from "./layout.ts";
import { EACH, LARGEST } from "./plan.ts";
import { WORD } from "./words.ts";

/** More than a segment can be long. */
const RIGHT_MOMENT = 1 << 20;
const PAGE = 4096;

export class RecordMemory extends Memory {
  private source: Uint8Array = new Uint8Array(0);
  private words: Uint32Array = new Uint32Array(0);
  private from = 0;
  private to = 0;
  /** Pieces that the kernel could not read. */
  unread = 0;

  constructor(
    /** Pieces read at entry are preferred; otherwise those read at exit. */
    private readonly entry: boolean,
  ) {
    super();
  }

  /** Turns to the segments in `length` bytes of `source` at `offset`, which both views share. */
  at(source: Uint8Array, words: Uint32Array, offset: number, length: number): void {
    this.source = source;
    this.words = words;
    this.from = offset;
    this.to = offset + length;
    this.used = 0;
  }

  /** Counts the pieces that could not be read. */
  countUnread(): void {
    const { words } = this;
    for (let p = this.from; p < this.to; ) {
      const n = words[(p + segment.length) >>> 2];
      if (words[(p + segment.flags) >>> 2] & segmentFlags.failed) this.unread++;
      p += segment.bytes + ((n + 7) & ~7);
    }
  }

  /** Offset of the segment that holds an address, or -1; `inner`, `length` and `flags` describe it. */
  private find(lo: number, hi: number): number {
    const { words } = this;
    let best = -1;
    let bestScore = -1;
    for (let p = this.from; p < this.to; ) {
      const n = words[(p + segment.length) >>> 2];
      const flags = words[(p + segment.flags) >>> 2];
      const inner = lo - words[p >>> 2] + (hi - words[(p + 4) >>> 2]) * WORD;
      if (inner >= 0 && (inner < n || (inner === n && (flags & segmentFlags.terminated) !== 0))) {
        // of the right moment first, then the one that goes furthest
        const score = n - inner + (((flags & segmentFlags.entry) !== 0) === this.entry ? RIGHT_MOMENT : 0);
        if (score > bestScore) {
          best = p;
          bestScore = score;
          this.inner = inner;
          this.length = n;
          this.flags = flags;
        }
      }
      p += segment.bytes + ((n + 7) & ~7);
    }
    return best;
  }
  private inner = 0;
  private length = 0;
  private flags = 0;

  protected fetch(lo: number, hi: number, length: number, at: number): number {
    const p = this.find(lo, hi);
    if (p < 0) return -1;
    const n = Math.min(length, this.length - this.inner);
    const start = p + segment.bytes + this.inner;
    if (n < 64) for (let i = 0; i < n; i++) this.bytes[at + i] = this.source[start + i];
    else this.bytes.set(this.source.subarray(start, start + n), at);
    return n > 0 ? n : -1;
  }

  /** Most bytes that plans copy of a buffer whose beginning is shown. */
  most = LARGEST;

  /** Memory ends with a page; a plan leaves off anywhere else, or where the sizes of the two are the same. */
  override cut(lo: number): boolean {
    const { got } = this;
    return ((lo + got) & (PAGE - 1)) !== 0 || got === this.most || got === LARGEST || got === EACH;
  }

  readString(lo: number, hi: number, max: number): number {
    const p = this.find(lo, hi);
    if (p < 0) return -1;
    const start = p + segment.bytes + this.inner;
    const most = Math.min(max, this.length - this.inner);
    let length = 0;
    while (length < most && this.source[start + length] !== 0) length++;
    this.terminated = length < most || (length < max && (this.flags & segmentFlags.terminated) !== 0);
    this.got = length;
    if (length === 0 && !this.terminated) return -1;
    if (this.used + length > this.bytes.length) this.grow(length);
    const at = this.used;
    this.bytes.set(this.source.subarray(start, start + length), at);
    this.used += (length + 8) & ~7;
    return at;
  }
}
