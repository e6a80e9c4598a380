/** Evaluates the DWARF expressions of call frame information. DWARF 5, section 2.5. */
import { Cursor } from "./cursor.ts";

/** Steps an expression may take, and values it may stack. */
const MAX_STEPS = 1000;
const MAX_DEPTH = 64;

export interface Machine {
  /** A register's value by DWARF number; NaN if it is not known. */
  register(n: number): number;
  /** The word at an address of the tracee; NaN if it cannot be read. What is beyond 2^53 loses its low bits. */
  word(address: number): number;
  /** All bits of the `size` bytes at an address; undefined if they cannot be read. */
  bits(address: number, size: number): bigint | undefined;
}

/** A value that is needed and not known. */
class Unknown extends Error {}

const big = (n: number): bigint => {
  if (Number.isNaN(n)) throw new Unknown();
  return BigInt(Math.trunc(n));
};

type Binary = (a: bigint, b: bigint) => bigint;

const flag = (test: boolean): bigint => (test ? 1n : 0n);
const signed = (v: bigint): bigint => BigInt.asIntN(64, v);
const shift = (v: bigint): bigint => (v > 64n ? 64n : v);

/** By operation, from DW_OP_and; `a` is below `b`. */
const binary: Readonly<Record<number, Binary>> = {
  26: (a, b) => a & b,
  27: (a, b) => signed(a) / signed(b),
  28: (a, b) => a - b,
  29: (a, b) => a % b,
  30: (a, b) => a * b,
  33: (a, b) => a | b,
  34: (a, b) => a + b,
  36: (a, b) => a << shift(b),
  37: (a, b) => a >> shift(b),
  38: (a, b) => signed(a) >> shift(b),
  39: (a, b) => a ^ b,
  41: (a, b) => flag(a === b),
  42: (a, b) => flag(signed(a) >= signed(b)),
  43: (a, b) => flag(signed(a) > signed(b)),
  44: (a, b) => flag(signed(a) <= signed(b)),
  45: (a, b) => flag(signed(a) < signed(b)),
  46: (a, b) => flag(a !== b),
};

/** Formats of constants, from DW_OP_const1u, as bits: negative for signed ones. */
const constants = [8, -8, 16, -16, 32, -32, 64, -64];

class Evaluation {
  private readonly stack: bigint[] = [];
  private readonly code: Cursor;

  constructor(
    bytes: Buffer,
    width: 4 | 8,
    private readonly machine: Machine,
  ) {
    this.code = new Cursor(bytes, 0, width);
  }

  push(v: bigint): void {
    if (this.stack.length >= MAX_DEPTH) throw new RangeError("DWARF expression: stack overflow");
    this.stack.push(BigInt.asUintN(64, v));
  }

  private pop(): bigint {
    const v = this.stack.pop();
    if (v === undefined) throw new RangeError("DWARF expression: stack underflow");
    return v;
  }

  private peek(depth: number): bigint {
    const v = this.stack[this.stack.length - 1 - depth];
    if (v === undefined) throw new RangeError("DWARF expression: stack underflow");
    return v;
  }

  run(): bigint {
    const { code } = this;
    for (let steps = 0; code.at < code.bytes.length; steps++) {
      if (steps > MAX_STEPS) throw new RangeError("DWARF expression: endless");
      this.step(code.u8());
    }
    return this.pop();
  }

  private step(op: number): void {
    const { code, machine } = this;
    const two = binary[op];
    if (two) {
      const b = this.pop();
      this.push(two(this.pop(), b));
    } else if (op >= 0x30 && op <= 0x4f) this.push(BigInt(op - 0x30));
    else if (op >= 0x50 && op <= 0x6f) this.push(big(machine.register(op - 0x50)));
    else if (op >= 0x70 && op <= 0x8f) this.push(big(machine.register(op - 0x70)) + code.exactLeb(true));
    else if (op >= 0x08 && op <= 0x0f) this.push(this.constant(constants[op - 0x08]));
    else this.other(op);
  }

  private other(op: number): void {
    const { code, machine } = this;
    switch (op) {
      case 0x03: // addr
        this.push(this.constant(8 * code.width));
        break;
      case 0x06: // deref
        this.push(this.read(code.width));
        break;
      case 0x94: // deref_size
        this.push(this.read(code.u8()));
        break;
      case 0x10: // constu
        this.push(code.exactLeb(false));
        break;
      case 0x11: // consts
        this.push(code.exactLeb(true));
        break;
      case 0x12: // dup
        this.push(this.peek(0));
        break;
      case 0x13: // drop
        this.pop();
        break;
      case 0x14: // over
        this.push(this.peek(1));
        break;
      case 0x15: // pick
        this.push(this.peek(code.u8()));
        break;
      case 0x16: {
        // swap
        const [b, a] = [this.pop(), this.pop()];
        this.push(b);
        this.push(a);
        break;
      }
      case 0x17: {
        // rot
        const [c, b, a] = [this.pop(), this.pop(), this.pop()];
        this.push(c);
        this.push(a);
        this.push(b);
        break;
      }
      case 0x19: {
        // abs
        const v = signed(this.pop());
        this.push(v < 0n ? -v : v);
        break;
      }
      case 0x1f: // neg
        this.push(-this.pop());
        break;
      case 0x20: // not
        this.push(~this.pop());
        break;
      case 0x23: // plus_uconst
        this.push(this.pop() + code.exactLeb(false));
        break;
      case 0x28: // bra
        this.jump(this.pop() !== 0n);
        break;
      case 0x2f: // skip
        this.jump(true);
        break;
      case 0x92: // bregx
        this.push(big(machine.register(code.uleb())) + code.exactLeb(true));
        break;
      case 0x96: // nop
        break;
      default:
        throw new RangeError("DWARF expression: unknown operation");
    }
  }

  /** The number of `size` bytes at the address that is on the stack. */
  private read(size: number): bigint {
    if (size < 1 || size > 8) throw new RangeError("DWARF expression: no such size");
    const value = this.machine.bits(Number(this.pop()), size);
    if (value === undefined) throw new Unknown();
    return value;
  }

  private constant(bits: number): bigint {
    const bytes = this.code.take(Math.abs(bits) / 8);
    let v = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) v = (v << 8n) | BigInt(bytes[i]);
    return bits < 0 ? BigInt.asIntN(-bits, v) : v;
  }

  private jump(taken: boolean): void {
    const { code } = this;
    const by = (code.u16() << 16) >> 16;
    if (!taken) return;
    const to = code.at + by;
    if (to < 0 || to > code.bytes.length) throw new RangeError("DWARF expression: jump out of it");
    code.at = to;
  }
}

/** The value of an expression, `first` being on the stack; NaN if it cannot be computed. */
export function evaluate(bytes: Buffer, width: 4 | 8, machine: Machine, first?: number): number {
  try {
    const evaluation = new Evaluation(bytes, width, machine);
    if (first !== undefined) evaluation.push(big(first));
    const value = evaluation.run();
    return Number(width === 4 ? BigInt.asUintN(32, value) : value);
  } catch (error) {
    // division by zero is a RangeError, too
    if (error instanceof Unknown || error instanceof RangeError) return Number.NaN;
    throw error;
  }
}
