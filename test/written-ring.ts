/** A ring of records written as the kernel would, for tests. */
import { HEADER, Ring, spanOf } from "../src/kernel/ring.ts";

/** In the first word of a record: it is being written. */
export const BUSY = 1 << 31;
const START = 64;

/** A ring in our own memory, with what a kernel does to it. */
export class WrittenRing {
  readonly buffer: ArrayBuffer;
  readonly ring: Ring;
  private readonly producer = new Int32Array(2);
  private readonly consumer = new BigInt64Array(1);
  private readonly words: Uint32Array;
  private position: number;
  /** Place of the record written last. */
  last = 0;

  /** `from`: where positions begin, a multiple of the size. */
  constructor(
    private readonly doubled: boolean,
    private readonly size = 4096,
    from = 0,
  ) {
    this.buffer = new ArrayBuffer(START + 2 * size);
    this.words = new Uint32Array(this.buffer);
    this.position = from;
    this.producer[0] = from | 0;
    this.consumer[0] = BigInt(from);
    this.ring = new Ring({
      place: { producer: 0, consumer: 0, size: this.size },
      producer: this.producer,
      consumer: this.consumer,
      buffer: this.buffer,
      start: START,
      size,
      doubled,
    });
  }

  /** Writes a record of `length` bytes that begins with `words`; false if there is no room. */
  write(words: readonly number[], length: number, flags = 0): boolean {
    const span = spanOf(length);
    const offset = this.position % this.size;
    if (this.position + span - Number(this.consumer[0]) > this.size) return false;
    this.last = offset;
    this.put(offset, (length | flags) >>> 0);
    for (const [i, word] of words.entries()) this.put(offset + HEADER + 4 * i, word);
    const turns = !this.doubled && offset + span >= this.size;
    this.position += turns ? this.size - offset : span;
    this.producer[0] = this.position | 0;
    return true;
  }

  private put(offset: number, word: number): void {
    this.words[(START + offset) >>> 2] = word;
    if (!this.doubled) return;
    // both halves are the same memory
    this.words[(START + (offset % this.size) + (offset < this.size ? this.size : 0)) >>> 2] = word;
    this.words[(START + (offset % this.size)) >>> 2] = word;
  }

  /** Finishes the record at this place. */
  complete(offset: number): void {
    this.put(offset, this.words[(START + offset) >>> 2] & ~BUSY);
  }

  get free(): number {
    return this.size - (this.position - Number(this.consumer[0]));
  }
}
