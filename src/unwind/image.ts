/** What is kept of a mapped file: its symbols, and how frames of its functions are left. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { readMemory } from "../kernel/remote-memory.ts";
import { type ByteSource, ElfFile, withElfFile } from "../symbols/elf-file.ts";
import { ElfSymbols, type FunctionSymbol } from "../symbols/elf-symbols.ts";
import type { Mapping } from "../symbols/maps.ts";
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

/** Files that were looked at, by device and inode; those without a name by process, too. */
export class Images {
  private readonly known = new Map<string, Image | undefined>();

  /** The image of a mapping of `pid`, which has a thread `tid`; undefined for what is no ELF file, or cannot be read. */
  of(pid: number, tid: number, mapping: Mapping, all: readonly Mapping[]): Image | undefined {
    const named = mapping.path.startsWith("/") && !mapping.deleted;
    const key = `${mapping.device} ${mapping.inode} ${named ? mapping.path : `${pid} ${mapping.start}`}`;
    if (this.known.has(key)) {
      const image = this.known.get(key);
      // those used last come last
      this.known.delete(key);
      this.known.set(key, image);
      return image;
    }
    if (this.known.size >= MAX_IMAGES) this.known.delete(this.known.keys().next().value!);
    const image = open(tid, mapping, all);
    this.known.set(key, image);
    return image;
  }
}

/** The mapped file itself, whatever its path says now, or what of it is in memory. */
function open(tid: number, mapping: Mapping, all: readonly Mapping[]): Image | undefined {
  const make = (file: ElfFile) => new Image(file);
  if (mapping.path.startsWith("/")) {
    const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
    const image = withElfFile(`/proc/${tid}/map_files/${range}`, make);
    if (image) return image;
    const path = `/proc/${tid}/root${mapping.path}`;
    if (!mapping.deleted && isMapped(path, mapping)) {
      const found = withElfFile(path, make);
      if (found) return found;
    }
  } else if (!mapping.path.startsWith("[vdso]")) return undefined;
  try {
    return make(new ElfFile(memorySource(tid, mapping, all)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a path leads to the file that is mapped: it may have been replaced. */
function isMapped(path: string, { inode, device }: Mapping): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_PATH);
    const { ino, dev } = fstatSync(fd);
    const [major, minor] = device.split(":").map((n) => Number.parseInt(n, 16));
    // overlay file systems show another device in maps than to stat(2)
    const same = ((dev >>> 8) & 0xfff) === major && ((dev & 0xff) | ((dev >>> 12) & 0xfff00)) === minor;
    return ino === inode || !same;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const O_PATH = 0o10000000;

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
