/** Words of a tracee's stack: read in large pieces, as a frame is close to the next. */
import { readMemory } from "../kernel/remote-memory.ts";

/** Read at once (bytes): most stacks that are walked are no deeper. */
const WINDOW = 8192;
const PAGE = 4096;
/** Pages read besides; what needs more is no stack. */
const MAX_PAGES = 512;

export class StackMemory {
  private bytes = Buffer.allocUnsafeSlow(WINDOW + PAGE);
  private view = new DataView(this.bytes.buffer);
  private tid = 0;
  private start = 0;
  private end = 0;
  private readonly pages = new Map<number, DataView | undefined>();

  /** Turns to the stack of the thread `tid` whose pointer is `sp`, as it is now. */
  at(tid: number, sp: number): void {
    this.tid = tid;
    this.pages.clear();
    this.start = Math.floor(sp / 8) * 8;
    this.end = this.start + Math.max(0, this.read(this.start, this.bytes));
  }

  /** The word of `width` bytes at an address; NaN if it cannot be read. What is beyond 2^53 loses its low bits. */
  word(address: number, width: 4 | 8): number {
    if (address >= this.start && address + width <= this.end)
      return number(this.view, address - this.start, width);
    if (!(address >= PAGE && address < 2 ** 53)) return Number.NaN;
    const inPage = address % PAGE;
    if (inPage + width > PAGE) return Number.NaN;
    const page = this.page(address - inPage);
    return page ? number(page, inPage, width) : Number.NaN;
  }

  /** All bits of the `size` bytes at an address, wherever a page ends; undefined if they cannot be read. */
  bits(address: number, size: number): bigint | undefined {
    let value = 0n;
    for (let at = address + size - 1; at >= address; at--) {
      const byte = this.byte(at);
      if (byte === undefined) return undefined;
      value = (value << 8n) | BigInt(byte);
    }
    return value;
  }

  private byte(address: number): number | undefined {
    if (address >= this.start && address < this.end) return this.bytes[address - this.start];
    if (!(address >= PAGE && address < 2 ** 53)) return undefined;
    const inPage = address % PAGE;
    return this.page(address - inPage)?.getUint8(inPage);
  }

  private page(address: number): DataView | undefined {
    if (this.pages.has(address)) return this.pages.get(address);
    if (this.pages.size >= MAX_PAGES) return undefined;
    const bytes = Buffer.allocUnsafeSlow(PAGE);
    const page = this.read(address, bytes) === PAGE ? new DataView(bytes.buffer) : undefined;
    this.pages.set(address, page);
    return page;
  }

  /** Bytes read; what lies before the end of a page can be there when the rest is not. */
  private read(address: number, into: Buffer): number {
    const [lo, hi] = [address >>> 0, Math.floor(address / 2 ** 32)];
    const got = readMemory(this.tid, lo, hi, into, 0, into.length);
    if (got >= 0) return got;
    const first = PAGE - (address % PAGE);
    return first < into.length ? readMemory(this.tid, lo, hi, into, 0, first) : -1;
  }
}

function number(view: DataView, at: number, width: 4 | 8): number {
  const low = view.getUint32(at, true);
  return width === 4 ? low : low + view.getUint32(at + 4, true) * 2 ** 32;
}
