/** Reads struct layouts from the .BTF section gcc writes with -gbtf (Documentation/bpf/btf.rst). */

interface BtfType {
  readonly kind: number;
  readonly name: string;
  /** Size in bytes, or the referenced type. */
  readonly sizeOrType: number;
  readonly members: readonly {
    readonly name: string;
    readonly type: number;
    readonly offset: number;
    readonly bits: number;
  }[];
  readonly array?: { readonly type: number; readonly count: number };
  readonly encoding: number;
}

export interface FieldLayout {
  name: string;
  offset: number;
  size: number;
  signed: boolean;
  count: number;
  struct?: string;
  bits?: [number, number];
}

const INT = 1;
const PTR = 2;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPEDEF = 8;
const QUALIFIERS = new Set([TYPEDEF, 9, 10, 11, 18]);

export class Btf {
  private readonly types: BtfType[] = [];

  constructor(
    elf: Buffer,
    private readonly pointerSize: number,
  ) {
    const section = findSection(elf, ".BTF");
    const headerLength = section.readUInt32LE(4);
    const typeOffset = headerLength + section.readUInt32LE(8);
    const typeLength = section.readUInt32LE(12);
    const strings = section.subarray(headerLength + section.readUInt32LE(16));
    const text = (at: number) => strings.toString("latin1", at, strings.indexOf(0, at));
    this.types.push({ kind: 0, name: "void", sizeOrType: 0, members: [], encoding: 0 });
    let at = typeOffset;
    while (at < typeOffset + typeLength) {
      const info = section.readUInt32LE(at + 4);
      const kind = (info >>> 24) & 0x1f;
      const vlen = info & 0xffff;
      const flag = info >>> 31;
      const type = {
        kind,
        name: text(section.readUInt32LE(at)),
        sizeOrType: section.readUInt32LE(at + 8),
        members: [] as BtfType["members"][number][],
        array: undefined as BtfType["array"],
        encoding: 0,
      };
      at += 12;
      if (kind === INT) {
        type.encoding = (section.readUInt32LE(at) >>> 24) & 0xf;
        at += 4;
      } else if (kind === ARRAY) {
        type.array = { type: section.readUInt32LE(at), count: section.readUInt32LE(at + 8) };
        at += 12;
      } else if (kind === STRUCT || kind === UNION) {
        for (let i = 0; i < vlen; i++, at += 12) {
          const offset = section.readUInt32LE(at + 8);
          type.members.push({
            name: text(section.readUInt32LE(at)),
            type: section.readUInt32LE(at + 4),
            offset: flag ? offset & 0xffffff : offset,
            bits: flag ? offset >>> 24 : 0,
          });
        }
      } else if (kind === ENUM) {
        if (flag) type.encoding = 1;
        at += vlen * 8;
      } else if (kind === 13) at += vlen * 8;
      else if (kind === 14 || kind === 17) at += 4;
      else if (kind === 15 || kind === 19) at += vlen * 12;
      this.types.push(type);
    }
  }

  private resolve(id: number): BtfType {
    let t = this.types[id];
    while (QUALIFIERS.has(t.kind)) t = this.types[t.sizeOrType];
    return t;
  }

  /** The type of a variable or typedef by name. */
  typeOfTypedef(name: string): BtfType {
    const t = this.types.find((x) => x.kind === TYPEDEF && x.name === name);
    if (!t) throw new Error(`BTF has no typedef ${name}`);
    return this.resolve(t.sizeOrType);
  }

  private size(t: BtfType): number {
    if (t.kind === PTR) return this.pointerSize;
    if (t.kind === ARRAY) return t.array!.count * this.size(this.resolve(t.array!.type));
    return t.sizeOrType;
  }

  /** Size and flattened fields: members of anonymous structs and unions count as the struct's own. */
  layout(name: string): { size: number; fields: FieldLayout[] } {
    const t = this.typeOfTypedef(name);
    const fields: FieldLayout[] = [];
    this.collect(t, 0, fields);
    return { size: this.size(t), fields };
  }

  private collect(t: BtfType, base: number, fields: FieldLayout[]): void {
    for (const m of t.members) {
      const type = this.resolve(m.type);
      if (m.name === "" && (type.kind === STRUCT || type.kind === UNION)) {
        this.collect(type, base + m.offset / 8, fields);
        continue;
      }
      let element = type;
      let count = 1;
      while (element.kind === ARRAY) {
        count *= element.array!.count;
        element = this.resolve(element.array!.type);
      }
      const size = this.size(element);
      const field: FieldLayout = {
        name: m.name,
        offset: base + Math.floor(m.offset / 8),
        size,
        signed:
          (element.kind === INT && (element.encoding & 1) === 1) ||
          (element.kind === ENUM && element.encoding === 1),
        count,
      };
      if (element.kind === STRUCT || element.kind === UNION) field.struct = element.name;
      if (m.bits) {
        const start = Math.floor(m.offset / 8 / size) * size;
        field.offset = base + start;
        field.bits = [m.offset - start * 8, m.bits];
      }
      fields.push(field);
    }
  }
}

/** Contents of a section of a little-endian ELF object, 32 or 64 bit. */
function findSection(elf: Buffer, wanted: string): Buffer {
  const wide = elf[4] === 2;
  const word = (at: number) => (wide ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at));
  const table = word(wide ? 0x28 : 0x20);
  const entry = elf.readUInt16LE(wide ? 0x3a : 0x2e);
  const count = elf.readUInt16LE(wide ? 0x3c : 0x30);
  const namesIndex = elf.readUInt16LE(wide ? 0x3e : 0x32);
  const header = (i: number) => {
    const at = table + i * entry;
    return {
      name: elf.readUInt32LE(at),
      offset: word(at + (wide ? 24 : 16)),
      size: word(at + (wide ? 32 : 20)),
    };
  };
  const names = header(namesIndex);
  for (let i = 0; i < count; i++) {
    const h = header(i);
    const start = names.offset + h.name;
    if (elf.toString("latin1", start, elf.indexOf(0, start)) === wanted)
      return elf.subarray(h.offset, h.offset + h.size);
  }
  throw new Error(`object file has no ${wanted} section`);
}
