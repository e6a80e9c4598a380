/** Finds the frame description entry of an address in .eh_frame, through .eh_frame_hdr where the file has it. */
import type { ElfFile } from "../symbols/elf-file.ts";
import { Cursor } from "./cursor.ts";

const PT_GNU_EH_FRAME = 0x6474e550;
/** Larger tables are left alone (bytes). */
const MAX_TABLE = 1 << 27;
/** Entries that are sorted where a file has no table of them. */
const MAX_ENTRIES = 1 << 20;
/** A longer entry is none (bytes): the longest of real programs take some hundreds. */
const MAX_RECORD = 1 << 16;
/** DW_EH_PE_datarel | DW_EH_PE_sdata4: the only encoding a table that can be searched has. */
const SEARCHABLE = 0x3b;
/** A length that announces a 64-bit one; no linker makes those in .eh_frame. */
const EXTENDED = 0xffffffff;

/** What is common to the functions of an object file. */
export interface Common {
  readonly codeAlign: number;
  readonly dataAlign: number;
  /** Column of the return address. */
  readonly returnColumn: number;
  readonly pointerEncoding: number;
  /** Frames have augmentation data. */
  readonly sized: boolean;
  /** Of a signal handler's caller: its address is not behind a call. */
  readonly signal: boolean;
  readonly instructions: Buffer;
}

export interface Entry {
  readonly common: Common;
  readonly start: number;
  readonly end: number;
  readonly instructions: Buffer;
}

interface Range {
  readonly bytes: Buffer;
  readonly address: number;
}

export class FrameTable {
  private readonly commons = new Map<number, Common | undefined>();
  /** Pairs of start and place in `frames`, sorted; where there is no header. */
  private readonly starts: Float64Array | undefined;
  private readonly places: Uint32Array | undefined;

  private constructor(
    private readonly frames: Range,
    private readonly header: Range | undefined,
    private readonly entries: number,
    private readonly width: 4 | 8,
  ) {
    if (header) return;
    const found = this.scan();
    this.starts = Float64Array.from(found, (f) => f.start);
    this.places = Uint32Array.from(found, (f) => f.at);
  }

  /** Undefined if the file has no such tables, or what it has does not add up. */
  static of(file: ElfFile): FrameTable | undefined {
    try {
      const width = file.bits === 64 ? 8 : 4;
      const segment = file.segments.find((s) => s.type === PT_GNU_EH_FRAME);
      if (segment && segment.size <= MAX_TABLE) {
        const header = { bytes: file.read(segment.offset, segment.size), address: segment.address };
        const code = new Cursor(header.bytes, 4, width, header.address);
        if (header.bytes[0] === 1 && header.bytes[3] === SEARCHABLE) {
          const frames = framesAt(file, code.pointer(header.bytes[1], header.address));
          const count = code.pointer(header.bytes[2], header.address);
          const table = { bytes: header.bytes.subarray(code.at), address: header.address };
          const entries = Math.min(count, Math.floor(table.bytes.length / 8));
          if (frames && entries > 0) return new FrameTable(frames, table, entries, width);
        }
      }
      const frames = file.sections.find((s) => s.name === ".eh_frame");
      if (!frames || frames.size > MAX_TABLE) return undefined;
      const range = { bytes: file.read(frames.offset, frames.size), address: frames.address };
      return new FrameTable(range, undefined, 0, width);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** The entry that covers an address of the file's own address space. */
  find(address: number): Entry | undefined {
    const at = this.header ? this.search(this.header, address) : this.searchStarts(address);
    const entry = at === undefined ? undefined : this.entry(at);
    return entry && address >= entry.start && address < entry.end ? entry : undefined;
  }

  private search({ bytes, address: base }: Range, address: number): number | undefined {
    let low = 0;
    let high = this.entries;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.wrap(base + bytes.readInt32LE(8 * mid)) <= address) low = mid + 1;
      else high = mid;
    }
    if (low === 0) return undefined;
    return this.wrap(base + bytes.readInt32LE(8 * low - 4)) - this.frames.address;
  }

  private searchStarts(address: number): number | undefined {
    const { starts, places } = this;
    if (!starts || !places) return undefined;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (starts[mid] <= address) low = mid + 1;
      else high = mid;
    }
    return low === 0 ? undefined : places[low - 1];
  }

  private wrap(address: number): number {
    return this.width === 4 ? address >>> 0 : address;
  }

  /** Every entry of the section, by start. */
  private scan(): { start: number; at: number }[] {
    const { bytes } = this.frames;
    const found: { start: number; at: number }[] = [];
    for (let at = 0; at + 8 <= bytes.length && found.length < MAX_ENTRIES; ) {
      const length = bytes.readUInt32LE(at);
      if (length === EXTENDED) break;
      // a zero ends what one object file has brought, and another may follow
      if (length >= 4 && bytes.readUInt32LE(at + 4) !== 0) {
        const entry = this.entry(at);
        if (entry) found.push({ start: entry.start, at });
      }
      at += 4 + length;
    }
    return found.sort((a, b) => a.start - b.start);
  }

  /** The entry at a place in the section. */
  private entry(at: number): Entry | undefined {
    try {
      const code = this.record(at);
      if (!code) return undefined;
      const place = code.at;
      const back = code.u32();
      const common = back === 0 ? undefined : this.common(place - back);
      if (!common) return undefined;
      const start = code.pointer(common.pointerEncoding);
      const size = code.value(common.pointerEncoding & 0x0f);
      if (common.sized) code.take(code.uleb());
      const instructions = code.bytes.subarray(code.at);
      return { common, start, end: start + (size < 0 ? size + 2 ** 32 : size), instructions };
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** A cursor behind the length of a record, which ends with it. */
  private record(at: number): Cursor | undefined {
    const { bytes, address } = this.frames;
    if (!(at >= 0 && at + 4 <= bytes.length)) return undefined;
    const length = bytes.readUInt32LE(at);
    if (length === 0 || length > MAX_RECORD || at + 4 + length > bytes.length) return undefined;
    return new Cursor(bytes.subarray(0, at + 4 + length), at + 4, this.width, address);
  }

  private common(at: number): Common | undefined {
    if (!this.commons.has(at)) this.commons.set(at, this.parseCommon(at));
    return this.commons.get(at);
  }

  private parseCommon(at: number): Common | undefined {
    const code = this.record(at);
    if (code?.u32() !== 0) return undefined;
    const version = code.u8();
    if (version !== 1 && version !== 3) return undefined;
    const augmentation = code.text();
    if (augmentation !== "" && augmentation[0] !== "z") return undefined;
    const codeAlign = code.uleb();
    const dataAlign = code.sleb();
    const returnColumn = version === 1 ? code.u8() : code.uleb();
    let pointerEncoding = 0;
    let signal = false;
    if (augmentation !== "") {
      const end = code.uleb() + code.at;
      for (const letter of augmentation.slice(1)) {
        if (letter === "R") pointerEncoding = code.u8();
        else if (letter === "L") code.u8();
        // where the personality routine is does not matter here, only how long the pointer is
        else if (letter === "P") code.value(code.u8() & 0x0f);
        else if (letter === "S") signal = true;
        else break;
      }
      code.at = end;
    }
    const instructions = code.bytes.subarray(code.at);
    const sized = augmentation !== "";
    return { codeAlign, dataAlign, returnColumn, pointerEncoding, sized, signal, instructions };
  }
}

/** The bytes from where .eh_frame begins to the end of its section, or of the segment that it is in. */
function framesAt(file: ElfFile, address: number): Range | undefined {
  const segment = file.segmentAt(address);
  if (!segment) return undefined;
  const offset = address - segment.address + segment.offset;
  let size = segment.offset + segment.size - offset;
  try {
    size = file.sections.find((s) => s.name === ".eh_frame" && s.address === address)?.size ?? size;
  } catch (error) {
    // headers of sections need not be there
    if (!(error instanceof RangeError)) throw error;
  }
  if (size > MAX_TABLE) return undefined;
  return { bytes: file.read(offset, size), address };
}
