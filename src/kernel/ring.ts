/**
 * Reader of records in memory shared with the kernel: a ring, in which a record is a word with its length and flags, a word
 * that is not ours, and its bytes, padded to 8. Positions count bytes since the beginning, modulo 2^32.
 */
import { viewOf } from "./ffi.ts";

const BUSY = 1 << 31;
/** In the first word of a record (kernel/bpf/ringbuf.c): it is to be skipped. */
export const DISCARD = 1 << 30;
/** In the first word of a record: how long it is without its header. */
export const LENGTH = 0x0fffffff;
export const HEADER = 8;
/** Bytes of a cache line, and as many as are sure to stay in a cache of one CPU. */
const LINE = 64;
const PREFETCHED = 1 << 17;

/** Bytes from a record with this first word to its end. */
export const spanOf = (head: number): number => ((head & LENGTH) + HEADER + 7) & ~7;

/** Addresses of what tells how far the kernel has written and how far we have read, and bytes that fit. */
export interface RingPlace {
  readonly producer: number;
  readonly consumer: number;
  readonly size: number;
}

export interface RingMemory {
  readonly place: RingPlace;
  readonly producer: Int32Array;
  readonly consumer: BigInt64Array;
  /** Where the records are: from byte `start` on, `size` bytes, a power of two, and what a record needs that begins there. */
  readonly buffer: ArrayBuffer;
  readonly start: number;
  readonly size: number;
  /**
   * What is behind the end is the beginning once more, so that a record that reaches over the end is followed by the next
   * one as any other is. Otherwise the next one begins at the beginning.
   */
  readonly doubled: boolean;
}

export class Ring {
  readonly place: RingPlace;
  readonly size: number;
  /** All that is mapped, as bytes and as words; `offset` indexes the bytes. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Of the record `peek` found: where it begins, and how long it is. */
  offset = 0;
  length = 0;
  private readonly producer: Int32Array;
  private readonly consumer: BigInt64Array;
  private readonly heads: Int32Array;
  private readonly start: number;
  private readonly mask: number;
  private readonly doubled: boolean;
  /** Where we are, and where the record behind the one found begins. */
  private at: number;
  private after = 0;
  /** How far the kernel had got at `mark` and at `look`. */
  private marked = 0;
  private end = 0;
  /** What has been given back, in bytes since the beginning. */
  private given: number;
  /** Keeps the loads of `prefetch` from being left out as useless. */
  protected touched = 0;

  constructor(memory: RingMemory) {
    this.place = memory.place;
    this.size = memory.size;
    this.mask = memory.size - 1;
    this.start = memory.start;
    this.doubled = memory.doubled;
    this.producer = memory.producer;
    this.consumer = memory.consumer;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.heads = new Int32Array(memory.buffer);
    this.given = Number(this.consumer[0]);
    this.at = this.given | 0;
    this.look();
  }

  /** Bytes that wait, read or being written; the record we are at is among them. */
  get waiting(): number {
    return (Atomics.load(this.producer, 0) - this.at) >>> 0;
  }

  /** Bytes that the kernel has written since the beginning. */
  get sent(): number {
    return this.given + ((Atomics.load(this.producer, 0) - this.given) >>> 0);
  }

  /** Takes down how far the kernel is: what stands before that is `sure`. */
  mark(): void {
    this.marked = Atomics.load(this.producer, 0);
  }

  /** Looks how far the kernel is: what stands before that is found. */
  look(): void {
    this.end = Atomics.load(this.producer, 0);
  }

  /** Whether we are before what was marked. */
  get sure(): boolean {
    return ((this.marked - this.at) | 0) > 0;
  }

  /** Finds the record we are at; false when there is none, or when it is still being written. */
  peek(): boolean {
    while (this.at !== this.end) {
      const offset = this.start + (this.at & this.mask);
      const head = Atomics.load(this.heads, offset >>> 2);
      if (head & BUSY) return false;
      this.after = this.behind(this.at, head);
      if (head & DISCARD) {
        this.at = this.after;
        continue;
      }
      this.offset = offset + HEADER;
      this.length = head & LENGTH;
      return true;
    }
    return false;
  }

  /** Goes on to the record behind the one found. */
  skip(): void {
    this.at = this.after;
  }

  /** Where the record behind the one at `at` begins, whose first word is `head`. */
  private behind(at: number, head: number): number {
    const span = spanOf(head);
    const offset = at & this.mask;
    return (at + (this.doubled || offset + span < this.size ? span : this.size - offset)) | 0;
  }

  /**
   * Passes the complete records on as they are, headers included, at most `most` bytes, and gives their room back. They
   * stay when `to` returns false. Returns whether any went.
   */
  pass(most: number, to: (records: Uint8Array) => boolean): boolean {
    this.look();
    const { at, start, mask } = this;
    const first = start + (at & mask);
    let next = at;
    let ahead = 0;
    /** Bytes of the records before `next`. */
    let bytes = 0;
    while (next !== this.end) {
      if (bytes >= ahead) ahead = bytes + this.prefetch(next, most - bytes);
      // a plain load is enough where loads are not reordered, as on x86
      const head = this.words[(start + (next & mask)) >>> 2];
      const span = spanOf(head);
      if (head & BUSY || bytes + span > most) break;
      const turned = !this.doubled && (next & mask) + span >= this.size;
      next = this.behind(next, head);
      bytes += span;
      if (turned) break;
    }
    if (bytes === 0 || !to(this.bytes.subarray(first, first + bytes))) return false;
    this.at = next;
    this.release();
    return true;
  }

  /**
   * Has the CPU fetch the next bytes, from `from` on and at most `most`, in one go; returns how many. From one record's head
   * to the next it would wait for memory each time.
   */
  private prefetch(from: number, most: number): number {
    const offset = from & this.mask;
    const there = Math.min((this.end - from) >>> 0, this.size - offset);
    const bytes = Math.max(LINE, Math.min(PREFETCHED, most, there));
    let sum = 0;
    for (let at = (this.start + offset) >>> 2, end = at + (bytes >>> 2); at < end; at += LINE / 4)
      sum |= this.words[at];
    this.touched = sum;
    return bytes;
  }

  /** Gives what is before us back to the kernel: its records are no longer valid. */
  release(): void {
    const more = (this.at - this.given) >>> 0;
    if (more === 0) return;
    this.given += more;
    Atomics.store(this.consumer, 0, BigInt(this.given));
  }
}

/** How far kernel and reader have got in several rings, for another thread of the reader's process while they are open. */
export class RingPositions {
  private readonly rings: {
    readonly producer: Int32Array;
    readonly consumer: Int32Array;
    readonly size: number;
  }[];

  constructor(places: readonly RingPlace[]) {
    this.rings = places.map(({ producer, consumer, size }) => ({
      producer: new Int32Array(viewOf(producer, 8)),
      consumer: new Int32Array(viewOf(consumer, 8)),
      size,
    }));
  }

  /** Bytes that the kernel has written since the beginning, modulo 2^32. */
  get sent(): number {
    return this.rings.reduce((sum, r) => (sum + Atomics.load(r.producer, 0)) | 0, 0) >>> 0;
  }

  /** Bytes that the reader has given back, modulo 2^32. */
  get read(): number {
    return this.rings.reduce((sum, r) => (sum + Atomics.load(r.consumer, 0)) | 0, 0) >>> 0;
  }

  /** Bytes until this share of one of them is taken; negative when more is. */
  until(share: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { producer, consumer, size } of this.rings) {
      const taken = (Atomics.load(producer, 0) - Atomics.load(consumer, 0)) >>> 0;
      least = Math.min(least, size * share - taken);
    }
    return least;
  }
}
