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
/** Functions of a table beyond these are left out. */
const MAX_FUNCTIONS = 1 << 21;
/** Where Debian and others put files by build ID. */
const DEBUG_FILES = "/usr/lib/debug/.build-id";

export interface FunctionSymbol {
  readonly name: string;
  /** Address in the file's own address space. */
  readonly start: number;
}

/** Columns of a table of functions; `name` is where that begins in the strings of all tables. */
interface Rows {
  readonly start: number[];
  readonly size: number[];
  readonly name: number[];
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
    { start, size, name }: Rows,
    private readonly strings: Buffer,
  ) {
    // of several names for one start the table's first comes last, as that is the one that is found
    const order = Uint32Array.from(start.keys()).sort(
      (a, b) => start[a] - start[b] || size[a] - size[b] || b - a,
    );
    this.starts = Float64Array.from(order, (i) => start[i]);
    this.sizes = Float64Array.from(order, (i) => size[i]);
    this.names = Uint32Array.from(order, (i) => name[i]);
  }

  /** Reads a file's symbols; undefined when it is no ELF file or cannot be read. */
  static open(path: string): ElfSymbols | undefined {
    return withElfFile(path, ElfSymbols.of);
  }

  /** Symbols of an open file; what of its tables does not add up counts as absent. */
  static of(file: ElfFile): ElfSymbols {
    const rows: Rows = { start: [], size: [], name: [] };
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
  find(address: number): FunctionSymbol | undefined {
    const i = this.last(address);
    if (i < 0) return undefined;
    // hand-written assembler often gives no size
    const size = this.sizes[i] || (this.starts[i + 1] ?? Number.POSITIVE_INFINITY) - this.starts[i];
    return address < this.starts[i] + size ? this.at(i) : undefined;
  }

  /** The function that starts at or last before an address, however long it is. */
  nearest(address: number): FunctionSymbol | undefined {
    const i = this.last(address);
    return i < 0 ? undefined : this.at(i);
  }

  private at(i: number): FunctionSymbol {
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
function addTable(file: ElfFile, type: number, rows: Rows, strings: Buffer[]): boolean {
  try {
    const table = file.sections.find((s) => s.type === type);
    const names = table && file.sections[table.link];
    if (!names) return false;
    const { bytes, info, section, value, size } = layouts[file.bits];
    const symbols = file.read(table.offset, table.size);
    const text = file.read(names.offset, names.size);
    const base = strings.reduce((n, b) => n + b.length, 0);
    const most = rows.start.length + MAX_FUNCTIONS;
    for (let at = 0; at + bytes <= symbols.length && rows.start.length < most; at += bytes) {
      const kind = symbols[at + info] & 15;
      if (kind !== STT_FUNC && kind !== STT_GNU_IFUNC) continue;
      const name = symbols.readUInt32LE(at);
      const start = file.word(symbols, at + value);
      if (start === 0 || name === 0 || name >= text.length) continue;
      if (symbols.readUInt16LE(at + section) === SHN_UNDEF) continue;
      rows.start.push(start);
      rows.size.push(file.word(symbols, at + size));
      rows.name.push(base + name);
    }
    // a string that runs past its table ends there
    strings.push(text, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}
