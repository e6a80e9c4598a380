/**
 * Function symbols of ELF files: of .dynsym and .symtab, and of the separate file with debugging symbols that the
 * distribution may have installed; and labels of assembler code, which are of no type.
 */
import { type ElfFile, type Section, withElfFile } from "./elf-file.ts";
import { type FunctionSymbol, noRows, type Rows, SymbolTable } from "./symbol-table.ts";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHN_UNDEF = 0;
const SHF_EXECINSTR = 4;
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** Functions of a table beyond these are left out. */
const MAX_FUNCTIONS = 1 << 21;
/** Where Debian and others put files by build ID. */
const DEBUG_FILES = "/usr/lib/debug/.build-id";

/** Labels that are none of the author's: the assembler's own, annotations, and marks of where code begins. */
const INTERNAL = /^[.$]/;

/** Offsets in Elf64_Sym and Elf32_Sym. */
const layouts = {
  64: { bytes: 24, info: 4, section: 6, value: 8, size: 16 },
  32: { bytes: 16, info: 12, section: 14, value: 4, size: 8 },
} as const;

/** What has been read of a file's tables. */
class Found {
  readonly functions = noRows();
  readonly labels = noRows();
  readonly strings: Buffer[] = [];
}

export class ElfSymbols {
  private readonly functions: SymbolTable;
  private readonly labels: SymbolTable;

  private constructor(
    /** The address in the file's own address space of what lies at `offset` in the file. */
    readonly addressOf: (offset: number) => number,
    found: Found,
  ) {
    const strings = Buffer.concat(found.strings);
    this.functions = new SymbolTable(found.functions, strings);
    this.labels = new SymbolTable(found.labels, strings);
  }

  /** Symbols of an open file; what of its tables does not add up counts as absent. */
  static of(file: ElfFile): ElfSymbols {
    const found = new Found();
    const types = [SHT_DYNSYM, SHT_SYMTAB].filter((type) => addTable(file, type, found));
    if (!types.includes(SHT_SYMTAB)) {
      const id = buildId(file);
      if (id) {
        const path = `${DEBUG_FILES}/${id.slice(0, 2)}/${id.slice(2)}.debug`;
        withElfFile(path, (debug) => addTable(debug, SHT_SYMTAB, found));
      }
    }
    return new ElfSymbols((offset) => file.addressOf(offset), found);
  }

  /** The function that covers an address of the file's own address space, or else the label that it comes after. */
  find(address: number): FunctionSymbol | undefined {
    const found = this.functions.find(address);
    if (found) return found;
    const label = this.labels.find(address);
    // a function that has ended since is between them
    return label && label.start >= (this.functions.nearest(address)?.start ?? 0) ? label : undefined;
  }

  /** The function that starts at or last before an address, however long it is. */
  nearest(address: number): FunctionSymbol | undefined {
    return this.functions.nearest(address);
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

/** Adds the functions and labels of a symbol table; false if the file has none that can be read. */
function addTable(file: ElfFile, type: number, { functions, labels, strings }: Found): boolean {
  try {
    const { sections } = file;
    const table = sections.find((s) => s.type === type);
    const names = table && sections[table.link];
    if (!names) return false;
    const { bytes, info, section, value, size } = layouts[file.bits];
    const symbols = file.read(table.offset, table.size);
    const text = file.read(names.offset, names.size);
    const base = strings.reduce((n, b) => n + b.length, 0);
    const most = functions.start.length + labels.start.length + MAX_FUNCTIONS;
    for (let at = 0; at + bytes <= symbols.length; at += bytes) {
      if (functions.start.length + labels.start.length >= most) break;
      const kind = symbols[at + info] & 15;
      const isFunction = kind === STT_FUNC || kind === STT_GNU_IFUNC;
      if (!isFunction && kind !== STT_NOTYPE) continue;
      const name = symbols.readUInt32LE(at);
      const start = file.word(symbols, at + value);
      if (start === 0 || name === 0 || name >= text.length) continue;
      const place = symbols.readUInt16LE(at + section);
      if (place === SHN_UNDEF) continue;
      const length = file.word(symbols, at + size);
      if (isFunction) add(functions, start, length, base + name);
      else {
        const rest = codeAfter(sections[place], start);
        if (rest > 0 && !INTERNAL.test(text.toString("latin1", name, name + 1)))
          add(labels, start, length || rest, base + name);
      }
    }
    // a string that runs past its table ends there
    strings.push(text, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}

function add(rows: Rows, start: number, size: number, name: number): void {
  rows.start.push(start);
  rows.size.push(size);
  rows.name.push(name);
}

/** Bytes of a section of code from `start` on. */
const codeAfter = (section: Section | undefined, start: number): number =>
  section && section.flags & SHF_EXECINSTR && start >= section.address
    ? section.address + section.size - start
    : 0;
