/**
 * Reader of a BPF ring buffer (BPF_MAP_TYPE_RINGBUF, kernel/bpf/ringbuf.c): a page with our position, a page with the
 * kernel's, and the data mapped twice in a row, so that no record is broken at the end.
 */
import type { BpfMap } from "./bpf.ts";
import { viewOf } from "./ffi.ts";
import { type Mapping, mapShared, unmap } from "./memory.ts";

const PAGE = 4096;
const BUSY = 1 << 31;
/** In the first word of a record (kernel/bpf/ringbuf.c): it is to be skipped. */
export const DISCARD = 1 << 30;
/** In the first word of a record: how long it is without its header. */
export const LENGTH = 0x0fffffff;
export const HEADER = 8;
/** Bytes of a cache line, and as many as are sure to stay in a cache of one CPU. */
const LINE = 64;
const PREFETCHED = 1 << 17;

/** Bytes from a record with this first word to the next. */
export const spanOf = (head: number): number => ((head & LENGTH) + HEADER + 7) & ~7;

/** Addresses of the pages that hold how far the kernel has written, and how far we have read. */
export interface RingPages {
  readonly producer: number;
  readonly consumer: number;
}

/** How far kernel and reader have got, for another thread of the reader's process while the ring is open. */
export class RingPositions {
  private readonly producer: Int32Array;
  private readonly consumer: Int32Array;

  constructor(pages: RingPages) {
    this.producer = new Int32Array(viewOf(pages.producer, 8));
    this.consumer = new Int32Array(viewOf(pages.consumer, 8));
  }

  /** Bytes that the kernel has written since the beginning, modulo 2^32. */
  get sent(): number {
    return Atomics.load(this.producer, 0) >>> 0;
  }

  /** Bytes that the reader has given back, modulo 2^32. */
  get read(): number {
    return Atomics.load(this.consumer, 0) >>> 0;
  }
}

export class RingBuffer {
  private readonly ours: Mapping;
  private readonly theirs: Mapping;
  private readonly position: BigInt64Array;
  private readonly producer: Int32Array;
  private readonly heads: Int32Array;
  private readonly mask: number;
  /** Keeps the loads of `prefetch` from being left out as useless. */
  protected touched = 0;
  /** How far we have read, in bytes since the beginning. */
  private at = 0;
  /** How far the kernel had got when we looked. */
  private end = 0;
  /** All data, twice, as bytes and as words; `offset` of a record indexes the bytes. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Of the record `next` found: where it begins, and how long it is. */
  offset = 0;
  length = 0;

  readonly pages: RingPages;

  /** Throws SysError. */
  constructor(map: BpfMap) {
    const size = map.maxEntries;
    this.mask = size - 1;
    this.ours = mapShared(map.fd, PAGE, 0, true);
    try {
      this.theirs = mapShared(map.fd, PAGE + 2 * size, PAGE, false);
    } catch (error) {
      unmap(this.ours);
      throw error;
    }
    this.pages = { producer: this.theirs.address, consumer: this.ours.address };
    this.position = new BigInt64Array(this.ours.buffer, 0, 1);
    this.producer = new Int32Array(this.theirs.buffer, 0, 2);
    this.bytes = new Uint8Array(this.theirs.buffer, PAGE, 2 * size);
    this.words = new Uint32Array(this.theirs.buffer, PAGE, size / 2);
    this.heads = new Int32Array(this.theirs.buffer, PAGE, size / 2);
  }

  /** Bytes that wait, read or being written. */
  get waiting(): number {
    return (Atomics.load(this.producer, 0) - (this.at | 0)) >>> 0;
  }

  /** Bytes that the kernel has written since the beginning. */
  get sent(): number {
    return this.at + this.waiting;
  }

  /** Goes to the next record; false when there is none, or when it is still being written. */
  next(): boolean {
    while (this.at !== this.end || this.look()) {
      const offset = this.at % (this.mask + 1);
      const head = Atomics.load(this.heads, offset >>> 2);
      if (head & BUSY) return false;
      this.at += spanOf(head);
      if (head & DISCARD) continue;
      this.offset = offset + HEADER;
      this.length = head & LENGTH;
      return true;
    }
    return false;
  }

  /** Bytes that fit. */
  get size(): number {
    return this.mask + 1;
  }

  /**
   * Passes the complete records on as they are, headers included, at most `most` bytes, and gives their room back. They
   * stay when `to` returns false. Returns whether any went.
   */
  pass(most: number, to: (records: Uint8Array) => boolean): boolean {
    this.look();
    let next = this.at;
    let ahead = next;
    while (next !== this.end) {
      if (next >= ahead) ahead = this.prefetch(next, this.at + most);
      // a plain load is enough where loads are not reordered, as on x86
      const head = this.words[(next % this.size) >>> 2];
      const after = next + spanOf(head);
      if (head & BUSY || after - this.at > most) break;
      next = after;
    }
    const offset = this.at % this.size;
    if (next === this.at || !to(this.bytes.subarray(offset, offset + (next - this.at)))) return false;
    this.at = next;
    this.release();
    return true;
  }

  /**
   * Has the CPU fetch the next bytes, from `from` on and not beyond `limit`, in one go; returns where they end. From one
   * record's head to the next it would wait for memory each time.
   */
  private prefetch(from: number, limit: number): number {
    const to = Math.min(from + PREFETCHED, limit, this.end);
    let sum = 0;
    const offset = from % this.size;
    for (let at = offset >>> 2, end = (offset + to - from) >>> 2; at < end; at += LINE / 4)
      sum |= this.words[at];
    this.touched = sum;
    return to;
  }

  /** Looks how far the kernel has got; false if there is nothing new. */
  private look(): boolean {
    const waiting = this.waiting;
    this.end = this.at + waiting;
    return waiting > 0;
  }

  /** Gives what has been read back to the kernel: records seen before are no longer valid. */
  release(): void {
    Atomics.store(this.position, 0, BigInt(this.at));
  }

  close(): void {
    unmap(this.ours);
    unmap(this.theirs);
  }
}
