/**
 * Function symbols of ELF files: of .dynsym and .symtab, and of the separate file with debugging symbols that the
 * distribution may have installed.
 */
import { cString, type ElfFile, withElfFile } from "./elf-file.ts";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHN_UNDEF = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** Where Debian and others put files by build ID. */
const DEBUG_FILES = "/usr/lib/debug/.build-id";

export interface Symbol {
  readonly name: string;
  /** Address in the file's own address space. */
  readonly start: number;
}

interface Row {
  readonly start: number;
  readonly size: number;
  /** Where its name begins in the strings of all tables. */
  readonly name: number;
}

/** Offsets in Elf64_Sym and Elf32_Sym. */
const layouts = {
  64: { bytes: 24, info: 4, section: 6, value: 8, size: 16 },
  32: { bytes: 16, info: 12, section: 14, value: 4, size: 8 },
} as const;

export class ElfSymbols {
  private readonly starts: Float64Array;
  private readonly sizes: Float64Array;
  private readonly names: Uint32Array;

  private constructor(
    /** The address in the file's own address space of what lies at `offset` in the file. */
    readonly addressOf: (offset: number) => number,
    rows: readonly Row[],
    private readonly strings: Buffer,
  ) {
    // of several names for one start the table's first comes last, as that is the one that is found
    const sorted = rows
      .map((row, order) => ({ ...row, order }))
      .sort((a, b) => a.start - b.start || a.size - b.size || b.order - a.order);
    this.starts = Float64Array.from(sorted, (s) => s.start);
    this.sizes = Float64Array.from(sorted, (s) => s.size);
    this.names = Uint32Array.from(sorted, (s) => s.name);
  }

  /** Reads a file's symbols; undefined when it is no ELF file or cannot be read. */
  static open(path: string): ElfSymbols | undefined {
    return withElfFile(path, ElfSymbols.of);
  }

  /** Symbols of an open file; what of its tables does not add up counts as absent. */
  static of(file: ElfFile): ElfSymbols {
    const rows: Row[] = [];
    const strings: Buffer[] = [];
    const types = [SHT_DYNSYM, SHT_SYMTAB].filter((type) => addTable(file, type, rows, strings));
    if (!types.includes(SHT_SYMTAB)) {
      const id = buildId(file);
      if (id) {
        const path = `${DEBUG_FILES}/${id.slice(0, 2)}/${id.slice(2)}.debug`;
        withElfFile(path, (debug) => addTable(debug, SHT_SYMTAB, rows, strings));
      }
    }
    return new ElfSymbols((offset) => file.addressOf(offset), rows, Buffer.concat(strings));
  }

  /** The function that covers an address of the file's own address space. */
  find(address: number): Symbol | undefined {
    const i = this.last(address);
    if (i < 0) return undefined;
    // hand-written assembler often gives no size
    const size = this.sizes[i] || (this.starts[i + 1] ?? Number.POSITIVE_INFINITY) - this.starts[i];
    return address < this.starts[i] + size ? this.at(i) : undefined;
  }

  /** The function that starts at or last before an address, however long it is. */
  nearest(address: number): Symbol | undefined {
    const i = this.last(address);
    return i < 0 ? undefined : this.at(i);
  }

  private at(i: number): Symbol {
    return { name: cString(this.strings, this.names[i]), start: this.starts[i] };
  }

  /** Index of the last that starts at `address` or before it; -1 for none. */
  private last(address: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.starts[mid] <= address) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }
}

function buildId(file: ElfFile): string | undefined {
  try {
    const { buildId } = file;
    return buildId !== undefined && buildId.length > 2 ? buildId : undefined;
  } catch {
    return undefined;
  }
}

/** Adds the functions of a symbol table; false if the file has none that can be read. */
function addTable(file: ElfFile, type: number, rows: Row[], strings: Buffer[]): boolean {
  try {
    const table = file.sections.find((s) => s.type === type);
    const names = table && file.sections[table.link];
    if (!names) return false;
    const { bytes, info, section, value, size } = layouts[file.bits];
    const symbols = file.read(table.offset, table.size);
    const text = file.read(names.offset, names.size);
    const base = strings.reduce((n, b) => n + b.length, 0);
    for (let at = 0; at + bytes <= symbols.length; at += bytes) {
      const kind = symbols[at + info] & 15;
      if (kind !== STT_FUNC && kind !== STT_GNU_IFUNC) continue;
      const name = symbols.readUInt32LE(at);
      const start = file.word(symbols, at + value);
      if (start === 0 || name === 0 || name >= text.length) continue;
      if (symbols.readUInt16LE(at + section) === SHN_UNDEF) continue;
      rows.push({ start, size: file.word(symbols, at + size), name: base + name });
    }
    // a string that runs past its table ends there
    strings.push(text, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}
