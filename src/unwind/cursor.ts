/** Reads numbers of DWARF's encodings one after the other; RangeError past the end. DWARF 5, section 7. */

/** DW_EH_PE_*: how .eh_frame encodes pointers (Linux Standard Base, "Exception Frames"). */
const PE_OMIT = 0xff;
const PE_PCREL = 0x10;
const PE_DATAREL = 0x30;
const PE_INDIRECT = 0x80;

/** Bytes of a LEB128 number that fits the 53 bits of a double. */
const EXACT_LEB = 7;

export class Cursor {
  constructor(
    readonly bytes: Buffer,
    public at: number,
    /** Of an address: 4 or 8 bytes. */
    readonly width: 4 | 8,
    /** Address of the bytes' beginning, in the file's own address space. */
    readonly base = 0,
  ) {}

  u8(): number {
    return this.bytes.readUInt8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.bytes.readUInt16LE(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  i32(): number {
    this.at += 4;
    return this.bytes.readInt32LE(this.at - 4);
  }

  /** Exact up to 2^53, as the lengths and addresses it is for. */
  i64(): number {
    const low = this.u32();
    return low + this.i32() * 2 ** 32;
  }

  uleb(): number {
    return this.leb(false);
  }

  sleb(): number {
    return this.leb(true);
  }

  private leb(signed: boolean): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if ((byte & 0x80) === 0) return signed && (byte & 0x40) !== 0 ? value - scale : value;
      if (scale > 2 ** 70) throw new RangeError("LEB128 number too long");
    }
  }

  /** The same without the limits of a double: what expressions compute with may be any 64 bits. */
  exactLeb(signed: boolean): bigint {
    const start = this.at;
    const short = this.leb(signed);
    if (this.at - start <= EXACT_LEB) return BigInt(short);
    const bits = 7 * (this.at - start);
    let value = 0n;
    for (let i = this.at - 1; i >= start; i--) value = (value << 7n) | BigInt(this.bytes[i] & 0x7f);
    return signed ? BigInt.asIntN(bits, value) : value;
  }

  /** A string's bytes up to its NUL, as Latin-1. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new RangeError("string without end");
    const text = this.bytes.toString("latin1", this.at, end);
    this.at = end + 1;
    return text;
  }

  /** The next `length` bytes. */
  take(length: number): Buffer {
    if (!(length >= 0 && this.at + length <= this.bytes.length)) throw new RangeError("beyond the end");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A pointer; `data` is what data-relative ones are relative to. Throws RangeError for encodings that code has not. */
  pointer(encoding: number, data = Number.NaN): number {
    if (encoding === PE_OMIT || (encoding & PE_INDIRECT) !== 0) throw new RangeError("pointer encoding");
    const place = this.base + this.at;
    const value = this.value(encoding & 0x0f);
    const relative = encoding & 0x70;
    if (relative === 0) return value;
    if (relative === PE_PCREL) return this.wrap(value + place);
    if (relative === PE_DATAREL && !Number.isNaN(data)) return this.wrap(value + data);
    throw new RangeError("pointer encoding");
  }

  private wrap(address: number): number {
    return this.width === 4 ? address >>> 0 : address;
  }

  /** A number in a pointer's format, which is the encoding's lower half. */
  value(format: number): number {
    switch (format) {
      case 0x00:
        return this.width === 4 ? this.u32() : this.i64();
      case 0x01:
        return this.uleb();
      case 0x02:
        return this.u16();
      case 0x03:
        return this.u32();
      case 0x09:
        return this.sleb();
      case 0x0a:
        return (this.u16() << 16) >> 16;
      case 0x0b:
        return this.i32();
      case 0x04:
      case 0x0c:
        return this.i64();
      default:
        throw new RangeError("pointer encoding");
    }
  }
}
