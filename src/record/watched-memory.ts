/** Memory that notes what was read, so that a later call can be told to look at the same. */
import { Memory } from "../capture/memory.ts";

/** One read and what it gave. */
export interface Seen {
  readonly string: boolean;
  readonly lo: number;
  readonly hi: number;
  readonly length: number;
  /** Undefined: nothing was readable there. */
  readonly bytes: Uint8Array | undefined;
  readonly got: number;
  readonly terminated: boolean;
}

/** More reads or bytes than this are not noted. */
const MAX_READS = 16;
const MAX_BYTES = 1024;

export class WatchedMemory extends Memory {
  private inner!: Memory;
  private reads: Seen[] = [];
  private total = 0;

  /** From now on reads go to `inner`, and are noted afresh. */
  watch(inner: Memory): void {
    this.inner = inner;
    this.reads = [];
    this.total = 0;
    this.follow();
  }

  /** What was read; undefined when it was too much. */
  seen(): readonly Seen[] | undefined {
    return this.reads.length > MAX_READS || this.total > MAX_BYTES ? undefined : this.reads;
  }

  override read(lo: number, hi: number, length: number): number {
    return this.note(false, lo, hi, length, this.inner.read(lo, hi, length));
  }

  readString(lo: number, hi: number, max: number): number {
    return this.note(true, lo, hi, max, this.inner.readString(lo, hi, max));
  }

  override cut(lo: number): boolean {
    return this.inner.cut(lo);
  }

  override reset(): void {
    this.inner.reset();
  }

  protected fetch(): number {
    throw new Error("reads go to the inner memory");
  }

  private note(string: boolean, lo: number, hi: number, length: number, at: number): number {
    this.follow();
    const { got, terminated } = this;
    if (this.reads.length <= MAX_READS && this.total <= MAX_BYTES) {
      const bytes = at < 0 ? undefined : this.bytes.slice(at, at + Math.min(got, MAX_BYTES + 1));
      this.total += bytes?.length ?? 0;
      this.reads.push({
        string,
        lo,
        hi,
        length,
        bytes,
        got: at < 0 ? 0 : got,
        terminated: string && terminated,
      });
    }
    return at;
  }

  private follow(): void {
    this.bytes = this.inner.bytes;
    this.view = this.inner.view;
    this.got = this.inner.got;
    this.terminated = this.inner.terminated;
  }
}

/** Whether reading again gives the same. */
export function same(seen: readonly Seen[], memory: Memory): boolean {
  for (let r = 0; r < seen.length; r++) {
    const { string, lo, hi, length, bytes, got, terminated } = seen[r];
    const at = string ? memory.readString(lo, hi, length) : memory.read(lo, hi, length);
    if (bytes === undefined) {
      if (at >= 0) return false;
      continue;
    }
    if (at < 0 || memory.got !== got || (string && memory.terminated !== terminated)) return false;
    const now = memory.bytes;
    for (let i = 0; i < got; i++) if (now[at + i] !== bytes[i]) return false;
  }
  return true;
}
