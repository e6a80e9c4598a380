/**
 * As much of an x86-64 assembler as the launcher needs. Operands are written destination first, as in Intel's manual
 * (Volume 2, the source of the encodings).
 */

const names = [
  "rax",
  "rcx",
  "rdx",
  "rbx",
  "rsp",
  "rbp",
  "rsi",
  "rdi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
] as const;

/** A 64-bit register. */
export type Register = (typeof names)[number];

/** Memory at base + index * 8 + displacement. */
export interface Memory {
  readonly base: Register;
  readonly index?: Register;
  readonly displacement: number;
}

/** `at("rbp", 8)` is [rbp + 8]. */
export const at = (base: Register, displacement = 0, index?: Register): Memory => ({
  base,
  displacement,
  index,
});

const arithmetic = { add: 0, or: 1, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
type Arithmetic = keyof typeof arithmetic;

/** Condition codes of Jcc and CMOVcc. */
const conditions = { ae: 3, e: 4, z: 4, ne: 5, nz: 5, be: 6, s: 8, ns: 9, le: 14 } as const;
export type Condition = keyof typeof conditions;

const REX = 0x40;
const W = 8;
const R = 4;
const X = 2;
const B = 1;

const number = (r: Register): number => names.indexOf(r);
const fitsByte = (n: number): boolean => n >= -128 && n <= 127;
const dword = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];

interface Fixup {
  readonly place: number;
  readonly bytes: 1 | 4;
  readonly label: string;
}

export class Assembler {
  private readonly code: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly fixups: Fixup[] = [];

  /** The code with every label resolved. Throws if a label is missing or a short jump does not reach. */
  bytes(): Uint8Array {
    for (const { place, bytes, label } of this.fixups) {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      const distance = target - place - bytes;
      if (bytes === 1 && !fitsByte(distance)) throw new Error(`${label} is too far for a loop`);
      this.code.splice(place, bytes, ...dword(distance).slice(0, bytes));
    }
    return Uint8Array.from(this.code);
  }

  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`label ${name} twice`);
    this.labels.set(name, this.code.length);
    return this;
  }

  private emit(...bytes: number[]): this {
    this.code.push(...bytes);
    return this;
  }

  private reference(label: string, bytes: 1 | 4): this {
    this.fixups.push({ place: this.code.length, bytes, label });
    return this.emit(...new Array<number>(bytes).fill(0));
  }

  /** Prefix, opcode and operands where one is a register or a digit of the opcode and the other a register or memory. */
  private modrm(wide: boolean, opcode: readonly number[], reg: number, operand: Register | Memory): this {
    let rex = (wide ? W : 0) | (reg > 7 ? R : 0);
    if (typeof operand === "string") {
      const rm = number(operand);
      if (rm > 7) rex |= B;
      if (rex) this.emit(REX | rex);
      return this.emit(...opcode, 0xc0 | ((reg & 7) << 3) | (rm & 7));
    }
    const { base, index, displacement } = operand;
    const rm = number(base);
    if (rm > 7) rex |= B;
    if (index && number(index) > 7) rex |= X;
    if (rex) this.emit(REX | rex);
    // rsp and r12 as a base need a SIB byte, rbp and r13 a displacement
    const sib = index !== undefined || (rm & 7) === 4;
    const mod = displacement === 0 && (rm & 7) !== 5 ? 0 : fitsByte(displacement) ? 1 : 2;
    this.emit(...opcode, (mod << 6) | ((reg & 7) << 3) | (sib ? 4 : rm & 7));
    if (sib) this.emit(((index ? 3 : 0) << 6) | ((index ? number(index) & 7 : 4) << 3) | (rm & 7));
    if (mod === 1) this.emit(displacement & 255);
    if (mod === 2) this.emit(...dword(displacement));
    return this;
  }

  /** A small positive constant, a register or eight bytes of memory into a register. */
  mov(to: Register, from: Register | Memory | number): this {
    if (typeof from !== "number") {
      return typeof from === "string"
        ? this.modrm(true, [0x89], number(from), to)
        : this.modrm(true, [0x8b], number(to), from);
    }
    // the 32-bit form: it clears the upper half
    const n = number(to);
    if (n > 7) this.emit(REX | B);
    return this.emit(0xb8 | (n & 7), ...dword(from));
  }

  /** Eight bytes to memory. */
  store(to: Memory, from: Register | 0): this {
    return from === 0
      ? this.modrm(true, [0xc7], 0, to).emit(0, 0, 0, 0)
      : this.modrm(true, [0x89], number(from), to);
  }

  /** One byte to memory. */
  storeByte(to: Memory, value: number): this {
    return this.modrm(false, [0xc6], 0, to).emit(value);
  }

  /** Moves if the condition holds. */
  cmov(condition: Condition, to: Register, from: Register): this {
    return this.modrm(true, [0x0f, 0x40 | conditions[condition]], number(to), from);
  }

  /** The address of memory, or of a label. */
  lea(to: Register, what: Memory | string): this {
    if (typeof what !== "string") return this.modrm(true, [0x8d], number(to), what);
    const n = number(to);
    return this.emit(REX | W | (n > 7 ? R : 0), 0x8d, ((n & 7) << 3) | 5).reference(what, 4);
  }

  /** 64-bit arithmetic with a register or a constant. */
  op(what: Arithmetic, to: Register, from: Register | number): this {
    const digit = arithmetic[what];
    if (typeof from === "string") return this.modrm(true, [(digit << 3) | 1], number(from), to);
    return fitsByte(from)
      ? this.modrm(true, [0x83], digit, to).emit(from & 255)
      : this.modrm(true, [0x81], digit, to).emit(...dword(from));
  }

  /** The register becomes 0. */
  clear(r: Register): this {
    const n = number(r);
    return this.modrm(false, [0x31], n, r);
  }

  /** Flags of the low half of a register: its sign is that of a system call's result. */
  test(r: Register): this {
    return this.modrm(false, [0x85], number(r), r);
  }

  test64(r: Register): this {
    return this.modrm(true, [0x85], number(r), r);
  }

  /** Flags of the low half of a register with a constant. */
  testBits(r: Register, bits: number): this {
    return this.modrm(false, [0xf7], 0, r).emit(...dword(bits));
  }

  not(r: Register): this {
    return this.modrm(true, [0xf7], 2, r);
  }

  /** The low half, the upper becomes 0. */
  neg(r: Register): this {
    return this.modrm(false, [0xf7], 3, r);
  }

  /** rax and rdx become quotient and rest of rdx:rax, lower halves. */
  div(by: Register): this {
    return this.modrm(false, [0xf7], 6, by);
  }

  inc(r: Register): this {
    return this.modrm(true, [0xff], 0, r);
  }

  /** The low half, the upper becomes 0. */
  dec(r: Register): this {
    return this.modrm(false, [0xff], 1, r);
  }

  shl(r: Register, bits: number): this {
    return this.modrm(true, [0xc1], 4, r).emit(bits);
  }

  shr(r: Register, bits: number): this {
    return this.modrm(true, [0xc1], 5, r).emit(bits);
  }

  rol(r: Register, bits: number): this {
    return this.modrm(true, [0xc1], 0, r).emit(bits);
  }

  /** Compares one, four or eight bytes of memory with a constant. */
  cmpMemory(bytes: 1 | 4 | 8, memory: Memory, value: number): this {
    if (bytes === 1) return this.modrm(false, [0x80], 7, memory).emit(value);
    return this.modrm(bytes === 8, [0x81], 7, memory).emit(...dword(value));
  }

  /** Compares al with one byte of memory, or a constant. */
  cmpAl(what: Memory | number): this {
    return typeof what === "number" ? this.emit(0x3c, what) : this.modrm(false, [0x3a], 0, what);
  }

  testAl(): this {
    return this.emit(0x84, 0xc0);
  }

  addAl(value: number): this {
    return this.emit(0x04, value);
  }

  movAl(value: number): this {
    return this.emit(0xb0, value);
  }

  /** al from [rsi], which goes on. */
  lodsb(): this {
    return this.emit(0xac);
  }

  /** al to [rdi], which goes on. */
  stosb(): this {
    return this.emit(0xaa);
  }

  jmp(label: string): this {
    return this.emit(0xe9).reference(label, 4);
  }

  j(condition: Condition, label: string): this {
    return this.emit(0x0f, 0x80 | conditions[condition]).reference(label, 4);
  }

  /** Counts rcx down and jumps unless it is 0. */
  loop(label: string): this {
    return this.emit(0xe2).reference(label, 1);
  }

  /** The same, and only if the last comparison found a difference. */
  loopne(label: string): this {
    return this.emit(0xe0).reference(label, 1);
  }

  call(label: string): this {
    return this.emit(0xe8).reference(label, 4);
  }

  ret(): this {
    return this.emit(0xc3);
  }

  /** rcx and r11 are lost, rax is the result. */
  syscall(nr: number): this {
    return this.mov("rax", nr).emit(0x0f, 0x05);
  }

  /** A C string. */
  string(label: string, text: string): this {
    return this.label(label).emit(...Buffer.from(text, "latin1"), 0);
  }
}
