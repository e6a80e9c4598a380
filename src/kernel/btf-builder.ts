/** Type information that maps and programs bring along. Format: Documentation/bpf/btf.rst. */

const INT = 1;
const ARRAY = 3;
const STRUCT = 4;
const FUNC = 12;
const FUNC_PROTO = 13;
const UNSIGNED = 0;
const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;

/** Types by number, in the order they are added; 0 is void. */
export class BtfBuilder {
  private readonly types: number[] = [];
  private names = "\0";
  private count = 0;

  private name(text: string): number {
    const at = this.names.length;
    this.names += `${text}\0`;
    return at;
  }

  private add(name: number, kind: number, members: number, size: number, ...rest: number[]): number {
    this.types.push(name, kind * 2 ** 24 + members, size, ...rest);
    return ++this.count;
  }

  integer(name: string, bytes: number): number {
    return this.add(this.name(name), INT, 0, bytes, (UNSIGNED << 24) | (8 * bytes));
  }

  array(element: number, index: number, length: number): number {
    return this.add(0, ARRAY, 0, 0, element, index, length);
  }

  /** Members: name, type and offset in bytes. */
  struct(name: string, bytes: number, members: readonly (readonly [string, number, number])[]): number {
    const named = members.map(([member, type, at]) => [this.name(member), type, 8 * at]);
    return this.add(this.name(name), STRUCT, members.length, bytes, ...named.flat());
  }

  /** A static function without arguments that returns a `result`. */
  function(name: string, result: number): number {
    const prototype = this.add(0, FUNC_PROTO, 0, result);
    return this.add(this.name(name), FUNC, 0, prototype);
  }

  bytes(): Uint8Array {
    const names = Buffer.from(this.names, "latin1");
    const types = Uint32Array.from(this.types);
    const header = new DataView(new ArrayBuffer(HEADER_BYTES));
    header.setUint16(0, MAGIC, true);
    header.setUint8(2, 1);
    header.setUint32(4, HEADER_BYTES, true);
    header.setUint32(12, types.byteLength, true);
    header.setUint32(16, types.byteLength, true);
    header.setUint32(20, names.length, true);
    return Buffer.concat([new Uint8Array(header.buffer), new Uint8Array(types.buffer), names]);
  }
}
