/**
 * Headers of ELF files (elf(5)), little-endian, of 32 and 64 bits. Files are a tracee's and may hold anything, or shrink
 * while they are read: what does not add up throws RangeError.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";

/** Nothing larger is read at once (bytes). */
const MAX_READ = 1 << 28;
/** Longer names are cut (bytes; characters of demangled ones). */
const MAX_NAME = 8192;
const PT_LOAD = 1;
const PT_NOTE = 4;
const NT_GNU_BUILD_ID = 3;
const MAX_NOTES = 1 << 16;

export const EM_386 = 3;

/** Where the bytes of a file come from. */
export interface ByteSource {
  /** bytes */
  readonly size: number;
  /** Throws RangeError if they are not all there. */
  read(offset: number, length: number): Buffer;
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  /** In the file's own address space. */
  readonly address: number;
  /** bytes in the file */
  readonly size: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  /** SHF_* */
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Offsets of fields in the headers, by class. */
const layouts = {
  64: {
    header: 64,
    ph: 32,
    sh: 40,
    sizes: 54,
    segment: 56,
    pOffset: 8,
    pAddress: 16,
    pSize: 32,
    section: 64,
  },
  32: { header: 52, ph: 28, sh: 32, sizes: 42, segment: 32, pOffset: 4, pAddress: 8, pSize: 16, section: 40 },
} as const;

/** Number of an address or offset that fits a double exactly, as all that mean something do. */
export const long = (b: Buffer, at: number): number => b.readUInt32LE(at) + b.readUInt32LE(at + 4) * 2 ** 32;

export class ElfFile {
  readonly bits: 32 | 64;
  readonly machine: number;
  readonly segments: readonly Segment[];
  private readonly header: Buffer;
  private known: readonly Section[] | undefined;

  /** Throws RangeError for what is no ELF file. */
  constructor(private readonly source: ByteSource) {
    const ident = source.read(0, 16);
    if (ident.readUInt32BE(0) !== 0x7f454c46 || ident[5] !== 1)
      throw new RangeError("not a little-endian ELF file");
    if (ident[4] !== 1 && ident[4] !== 2) throw new RangeError("unknown ELF class");
    this.bits = ident[4] === 2 ? 64 : 32;
    const { header, ph, sizes, segment, pOffset, pAddress, pSize } = layouts[this.bits];
    this.header = source.read(0, header);
    this.machine = this.header.readUInt16LE(18);
    const table = this.read(this.word(this.header, ph), this.header.readUInt16LE(sizes + 2) * segment);
    const segments: Segment[] = [];
    for (let at = 0; at < table.length; at += segment)
      segments.push({
        type: table.readUInt32LE(at),
        offset: this.word(table, at + pOffset),
        address: this.word(table, at + pAddress),
        size: this.word(table, at + pSize),
      });
    this.segments = segments;
  }

  /** Throws RangeError if the file does not have them. */
  read(offset: number, length: number): Buffer {
    if (!(offset >= 0 && length >= 0 && length <= MAX_READ))
      throw new RangeError("beyond what an ELF file may hold");
    return this.source.read(offset, length);
  }

  /** An address or size of the file's class. */
  word(b: Buffer, at: number): number {
    return this.bits === 64 ? long(b, at) : b.readUInt32LE(at);
  }

  /** Empty where the headers of sections have been stripped. */
  get sections(): readonly Section[] {
    this.known ??= this.readSections();
    return this.known;
  }

  private readSections(): Section[] {
    const { sh, sizes, section: size } = layouts[this.bits];
    const count = this.header.readUInt16LE(sizes + 6);
    const table = this.read(this.word(this.header, sh), count * size);
    const rows = Array.from({ length: count }, (_, i) => i * size).map((at) => ({
      name: table.readUInt32LE(at),
      type: table.readUInt32LE(at + 4),
      flags: table.readUInt32LE(at + 8),
      address: this.word(table, at + (this.bits === 64 ? 16 : 12)),
      offset: this.word(table, at + (this.bits === 64 ? 24 : 16)),
      size: this.word(table, at + (this.bits === 64 ? 32 : 20)),
      link: table.readUInt32LE(at + (this.bits === 64 ? 40 : 24)),
    }));
    const names = rows[this.header.readUInt16LE(sizes + 8)];
    const strings = names ? this.read(names.offset, names.size) : Buffer.alloc(0);
    return rows.map((r) => ({ ...r, name: cString(strings, r.name) }));
  }

  /** The address in the file's own address space of what lies at `offset` in the file. */
  addressOf(offset: number): number {
    const s = this.loaded((x) => offset >= x.offset && offset < x.offset + x.size);
    return s ? offset - s.offset + s.address : offset;
  }

  /** The segment that is loaded at `address`. */
  segmentAt(address: number): Segment | undefined {
    return this.loaded((x) => address >= x.address && address < x.address + x.size);
  }

  private loaded(test: (s: Segment) => boolean): Segment | undefined {
    return this.segments.find((s) => s.type === PT_LOAD && test(s));
  }

  /** What the linker has called this build (hexadecimal), if it has. */
  get buildId(): string | undefined {
    for (const { type, offset, size } of this.segments) {
      if (type !== PT_NOTE || size > MAX_NOTES) continue;
      const notes = this.read(offset, size);
      for (let at = 0; at + 12 <= notes.length; ) {
        const name = notes.readUInt32LE(at);
        const length = notes.readUInt32LE(at + 4);
        const start = at + 12 + align4(name);
        if (
          notes.readUInt32LE(at + 8) === NT_GNU_BUILD_ID &&
          notes.toString("latin1", at + 12, at + 15) === "GNU"
        )
          return notes.toString("hex", start, start + length);
        at = start + align4(length);
      }
    }
    return undefined;
  }
}

const align4 = (n: number): number => Math.ceil(n / 4) * 4;

/** The NUL-terminated string at `at`; what there is of it if the table ends first, or it is no name by its length. */
export function cString(strings: Buffer, at: number): string {
  const name = strings.subarray(at, at + MAX_NAME);
  const end = name.indexOf(0);
  return name.toString("utf8", 0, end < 0 ? name.length : end);
}

/** What is shown of a name made of a symbol. */
export const cutName = (name: string): string => (name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name);

/** Has `use` look at a file; undefined if that cannot be read, is not what `use` expects, or not the one that `is` wants. */
export function withElfFile<T>(
  path: string,
  use: (file: ElfFile) => T,
  is: (stat: Stats) => boolean = () => true,
): T | undefined {
  let fd: number | undefined;
  try {
    // a fifo would be waited for
    fd = openSync(path, O_RDONLY_NONBLOCK);
    const stat = fstatSync(fd);
    return is(stat) ? use(new ElfFile(fileSource(fd, stat))) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const O_RDONLY_NONBLOCK = 0o4000;

function fileSource(fd: number, stat: Stats): ByteSource {
  const size = stat.isFile() ? stat.size : 0;
  return {
    size,
    read(offset, length) {
      if (offset + length > size) throw new RangeError("beyond the end of the file");
      const bytes = Buffer.alloc(length);
      if (readSync(fd, bytes, 0, length, offset) < length) throw new RangeError("the file has shrunk");
      return bytes;
    },
  };
}
