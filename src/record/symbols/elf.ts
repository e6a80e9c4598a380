/**
 * Function symbols of ELF files (elf(5)): .symtab where the file has it, else .dynsym. 64-bit little-endian only, as
 * everything we trace. Files are a tracee's and may hold anything: what does not add up counts as absent.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const PT_LOAD = 1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SYMBOL_BYTES = 24;
const SECTION_BYTES = 64;
const SEGMENT_BYTES = 56;
/** Tables larger than this (bytes) are left alone. */
const MAX_TABLE = 1 << 28;

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

export interface Symbol {
  readonly name: string;
  /** Address in the file's own address space. */
  readonly start: number;
}

export class ElfSymbols {
  private constructor(
    private readonly segments: readonly Segment[],
    /** Sorted by start. */
    private readonly starts: Float64Array,
    private readonly sizes: Float64Array,
    private readonly names: Uint32Array,
    private readonly strings: Buffer,
  ) {}

  /** Reads a file's symbols; undefined when it is no ELF file or cannot be read. */
  static open(path: string): ElfSymbols | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(path, "r");
      return parse(fd, fstatSync(fd).size, (...parts) => new ElfSymbols(...parts));
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** The address in the file's own address space of what lies at `offset` in the file. */
  addressOf(offset: number): number {
    const s = this.segments.find((x) => offset >= x.offset && offset < x.offset + x.size);
    return s ? offset - s.offset + s.address : offset;
  }

  /** The function that covers an address of the file's own address space. */
  find(address: number): Symbol | undefined {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.starts[mid] <= address) low = mid + 1;
      else high = mid;
    }
    if (low === 0) return undefined;
    const i = low - 1;
    // hand-written assembler often gives no size
    const size = this.sizes[i] || (this.starts[low] ?? Number.POSITIVE_INFINITY) - this.starts[i];
    if (address >= this.starts[i] + size) return undefined;
    const end = this.strings.indexOf(0, this.names[i]);
    return { name: this.strings.toString("utf8", this.names[i], end), start: this.starts[i] };
  }
}

type Make = (
  segments: readonly Segment[],
  starts: Float64Array,
  sizes: Float64Array,
  names: Uint32Array,
  strings: Buffer,
) => ElfSymbols;

function parse(fd: number, fileSize: number, make: Make): ElfSymbols | undefined {
  const read = (at: number, length: number): Buffer => {
    if (at < 0 || length < 0 || length > MAX_TABLE || at + length > fileSize) throw new RangeError("ELF");
    const bytes = Buffer.alloc(length);
    readSync(fd, bytes, 0, length, at);
    return bytes;
  };
  const header = read(0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) return undefined;
  const long = (b: Buffer, at: number) => Number(b.readBigUInt64LE(at));
  const segments: Segment[] = [];
  const ph = read(long(header, 32), header.readUInt16LE(56) * SEGMENT_BYTES);
  for (let at = 0; at < ph.length; at += SEGMENT_BYTES) {
    if (ph.readUInt32LE(at) !== PT_LOAD) continue;
    segments.push({ offset: long(ph, at + 8), address: long(ph, at + 16), size: long(ph, at + 32) });
  }
  const sh = read(long(header, 40), header.readUInt16LE(60) * SECTION_BYTES);
  const section = (type: number): number => {
    for (let at = 0; at < sh.length; at += SECTION_BYTES) if (sh.readUInt32LE(at + 4) === type) return at;
    return -1;
  };
  let table = section(SHT_SYMTAB);
  if (table < 0) table = section(SHT_DYNSYM);
  if (table < 0)
    return make(segments, new Float64Array(0), new Float64Array(0), new Uint32Array(0), Buffer.alloc(0));
  const symbols = read(long(sh, table + 24), long(sh, table + 32));
  const link = sh.readUInt32LE(table + 40) * SECTION_BYTES;
  const strings = read(long(sh, link + 24), long(sh, link + 32));
  const found: { start: number; size: number; name: number }[] = [];
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const type = symbols[at + 4] & 15;
    const name = symbols.readUInt32LE(at);
    const start = long(symbols, at + 8);
    if ((type !== STT_FUNC && type !== STT_GNU_IFUNC) || start === 0 || name === 0 || name >= strings.length)
      continue;
    found.push({ start, size: long(symbols, at + 16), name });
  }
  found.sort((a, b) => a.start - b.start || a.size - b.size);
  return make(
    segments,
    Float64Array.from(found, (s) => s.start),
    Float64Array.from(found, (s) => s.size),
    Uint32Array.from(found, (s) => s.name),
    strings,
  );
}
