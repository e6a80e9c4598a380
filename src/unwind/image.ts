/** What is kept of a mapped file: its symbols, and how frames of its functions are left. */
import { readMemory } from "../kernel/remote-memory.ts";
import { type ByteSource, ElfFile, withElfFile } from "../symbols/elf-file.ts";
import { ElfSymbols } from "../symbols/elf-symbols.ts";
import { identityKey, isSame, type MappedFile, mappedFile } from "../symbols/mapped-file.ts";
import type { Mapping } from "../symbols/maps.ts";
import type { FunctionSymbol } from "../symbols/symbol-table.ts";
import { FrameTable } from "./frame-table.ts";
import { type Row, rowAt } from "./rows.ts";

/** Rows kept of one file; most programs wait at far fewer places. */
const MAX_ROWS = 1 << 15;
/** Files kept. */
const MAX_IMAGES = 128;

export class Image {
  readonly width: 4 | 8;
  private readonly rows = new Map<number, Row | undefined>();

  constructor(
    file: ElfFile,
    private readonly symbols = ElfSymbols.of(file),
    private readonly frames = FrameTable.of(file),
  ) {
    this.width = file.bits === 64 ? 8 : 4;
  }

  /** The address in the file's own address space of what lies at `offset` in the file. */
  addressOf(offset: number): number {
    return this.symbols.addressOf(offset);
  }

  /** How the frame at an address of the file's own address space is left; undefined if the file does not say. */
  row(address: number): Row | undefined {
    if (this.rows.has(address)) return this.rows.get(address);
    const entry = this.frames?.find(address);
    const row = entry && rowAt(entry, address, this.width);
    if (this.rows.size >= MAX_ROWS) this.rows.clear();
    this.rows.set(address, row);
    return row;
  }

  /** The function that covers an address of the file's own address space. */
  find(address: number): FunctionSymbol | undefined {
    return this.symbols.find(address);
  }

  /** The function that starts at or last before it. */
  nearest(address: number): FunctionSymbol | undefined {
    return this.symbols.nearest(address);
  }
}

/** Files that were looked at, by identity; those that cannot be found any more by process. */
export class Images {
  private readonly known = new Map<string, Image | undefined>();

  /** The image of a mapping of `pid`, which has a thread `tid`; undefined for what is no ELF file, or cannot be read. */
  of(pid: number, tid: number, mapping: Mapping, all: readonly Mapping[]): Image | undefined {
    if (!mapping.path.startsWith("/") && !mapping.path.startsWith("[vdso]")) return undefined;
    const file = mappedFile(tid, mapping);
    const key = file ? identityKey(file) : `${pid} ${mapping.device} ${mapping.inode} ${mapping.start}`;
    if (this.known.has(key)) {
      const image = this.known.get(key);
      // those used last come last
      this.known.delete(key);
      this.known.set(key, image);
      return image;
    }
    if (this.known.size >= MAX_IMAGES) this.known.delete(this.known.keys().next().value!);
    const image = open(tid, file, mapping, all);
    this.known.set(key, image);
    return image;
  }
}

/** The mapped file itself, or what of it is in memory. */
function open(
  tid: number,
  file: MappedFile | undefined,
  mapping: Mapping,
  all: readonly Mapping[],
): Image | undefined {
  const make = (elf: ElfFile) => new Image(elf);
  const image = file && withElfFile(file.path, make, (stat) => isSame(stat, file));
  if (image) return image;
  try {
    return make(new ElfFile(memorySource(tid, mapping, all)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What of a file is mapped, wherever that is. */
function memorySource(
  tid: number,
  { device, inode, path, start }: Mapping,
  all: readonly Mapping[],
): ByteSource {
  const parts = all.filter((m) =>
    inode === 0 ? m.start === start : m.inode === inode && m.device === device && m.path === path,
  );
  const size = Math.max(...parts.map((m) => m.offset + m.end - m.start));
  return {
    size,
    read(offset, length) {
      const part = parts.find((m) => offset >= m.offset && offset + length <= m.offset + m.end - m.start);
      if (!part) throw new RangeError("not mapped");
      const address = part.start + offset - part.offset;
      const bytes = Buffer.allocUnsafeSlow(length);
      const got =
        length === 0 ? 0 : readMemory(tid, address >>> 0, Math.floor(address / 2 ** 32), bytes, 0, length);
      if (got < length) throw new RangeError("not readable");
      return bytes;
    },
  };
}
