/** A task's memory as it is now, read on demand: sure of a stopped one, a good guess of one that sleeps in a call. */
import { readMemory } from "../kernel/remote-memory.ts";
import { Memory } from "./memory.ts";

const PAGE = 4096;

export class LiveMemory extends Memory {
  private tid = 0;

  /** Turns to another stop: what was read before is forgotten. */
  at(tid: number): void {
    this.tid = tid;
    this.used = 0;
  }

  protected fetch(lo: number, hi: number, length: number, at: number): number {
    const got = readMemory(this.tid, lo, hi, this.bytes, at, length);
    if (got !== -1) return got;
    // the range may run past the end of a mapping: what lies before the page's end can still be there
    const inPage = PAGE - (lo & (PAGE - 1));
    return inPage < length ? readMemory(this.tid, lo, hi, this.bytes, at, inPage) : -1;
  }

  readString(lo: number, hi: number, max: number): number {
    if (this.used + max > this.bytes.length) this.grow(max);
    const start = this.used;
    let length = 0;
    this.terminated = false;
    let step = Math.min(256, max, PAGE - (lo & (PAGE - 1)));
    while (length < max) {
      const address = lo + length;
      const got = readMemory(
        this.tid,
        address >>> 0,
        hi + (address > 0xffffffff ? 1 : 0),
        this.bytes,
        start + length,
        step,
      );
      if (got <= 0) break;
      const end = this.bytes.subarray(start + length, start + length + got).indexOf(0);
      if (end >= 0) {
        length += end;
        this.terminated = true;
        break;
      }
      length += got;
      step = Math.min(PAGE, max - length, PAGE - ((lo + length) & (PAGE - 1)));
    }
    this.got = length;
    // it runs into what is not there
    if (length < max && !this.terminated) return -1;
    this.used += (length + 8) & ~7;
    return start;
  }
}
