/** Nothing longer is read at once (bytes): lengths come from the tracee, which may be hostile. */
const LONGEST = 1 << 26;

/**
 * What decoding sees of a tracee's memory. Bytes are appended to an arena that lives for one stop (or one
 * record), so offsets stay valid while nested pointers are followed. Engines implement `fetch`.
 */
export abstract class Memory {
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  /** Bytes the last successful read got; may be fewer than asked for at the end of a mapping. */
  got = 0;
  protected used = 0;

  /** Forgets everything read; called by the engine at each stop. */
  reset(): void {
    this.used = 0;
  }

  /** What has been read so far; `release` forgets what is read from now on, so that much can be read in pieces. */
  mark(): number {
    return this.used;
  }

  release(mark: number): void {
    this.used = mark;
  }

  /**
   * Reads up to `length` bytes at the address `hi:lo`. Returns the offset in `bytes`, or -1 when nothing there is
   * readable; `got` says how many bytes came.
   */
  read(lo: number, hi: number, length: number): number {
    // a length the tracee made up, not one it could mean
    if (!(length >= 0 && length <= LONGEST)) return -1;
    if (this.used + length > this.bytes.length) this.grow(length);
    const at = this.used;
    this.got = length === 0 ? 0 : this.fetch(lo, hi, length, at);
    if (this.got < 0 || (this.got === 0 && length > 0)) return -1;
    this.used += (this.got + 7) & ~7;
    return at;
  }

  /** Like read, but all of it or -1. */
  readAll(lo: number, hi: number, length: number): number {
    const at = this.read(lo, hi, length);
    return at >= 0 && this.got < length ? -1 : at;
  }

  /** Like readAll, but where an engine copies only so much of a buffer it gives that, and `got` says how much. */
  readMost(lo: number, hi: number, length: number): number {
    const at = this.read(lo, hi, length);
    return at >= 0 && this.got < length && !this.cut(lo) ? -1 : at;
  }

  /** Whether what was read last at `lo` is less than was asked for because no more was copied, though it may be readable. */
  cut(_lo: number): boolean {
    return false;
  }

  /**
   * Reads a NUL-terminated string of at most `max` bytes; `got` is its length without the NUL, `terminated` says
   * whether the NUL was found. Returns the offset, or -1 if memory ends before the string and those bytes do; where an
   * engine copied less than `max` it gives that.
   */
  abstract readString(lo: number, hi: number, max: number): number;
  terminated = false;

  /** Copies into `bytes` at `at`; returns the number of bytes copied, -1 when none could be. */
  protected abstract fetch(lo: number, hi: number, length: number, at: number): number;

  protected grow(extra: number): void {
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.used + extra));
    bigger.set(this.bytes.subarray(0, this.used));
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
  }
}
