/**
 * An assembler for eBPF. Programs are written as calls, one an instruction, with labels and named steps; a verifier's
 * refusal is shown with the step it is about. Encoding: Documentation/bpf/standardization/instruction-set.rst.
 */
import type { BpfMap } from "../../kernel/bpf.ts";

/** A register: r0 results, r1-r5 arguments (lost in calls), r6-r9 kept, r10 the frame's end. */
export interface Reg {
  readonly reg: number;
}
const reg = (n: number): Reg => ({ reg: n });
export const r0 = reg(0);
export const r1 = reg(1);
export const r2 = reg(2);
export const r3 = reg(3);
export const r4 = reg(4);
export const r5 = reg(5);
export const r6 = reg(6);
export const r7 = reg(7);
export const r8 = reg(8);
export const r9 = reg(9);
export const r10 = reg(10);

/** Helper functions by number (include/uapi/linux/bpf.h, BPF_FUNC_*). */
export const helpers = {
  map_lookup_elem: 1,
  map_update_elem: 2,
  map_delete_elem: 3,
  ktime_get_ns: 5,
  get_smp_processor_id: 8,
  tail_call: 12,
  get_current_comm: 16,
  current_task_under_cgroup: 37,
  get_stack: 67,
  probe_read_user: 112,
  probe_read_kernel: 113,
  probe_read_user_str: 114,
  jiffies64: 118,
  ringbuf_output: 130,
  task_storage_get: 156,
  this_cpu_ptr: 154,
  get_current_task_btf: 158,
  timer_init: 169,
  timer_set_callback: 170,
  timer_start: 171,
  task_pt_regs: 175,
} as const;

export type Size = 1 | 2 | 4 | 8;
const sizeBits: Readonly<Record<Size, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };

const LDX_MEM = 0x61;
const ST_MEM = 0x62;
const STX_MEM = 0x63;
const ATOMIC = 0xc3;
const COMPARE_EXCHANGE = 0xf1;
const EXCHANGE = 0xe1;
const FETCH = 1;
const LD_IMM64 = 0x18;
const ALU64 = 0x07;
const ALU32 = 0x04;
const JMP = 0x05;
const JMP32 = 0x06;
const FROM_REG = 0x08;
const CALL = 0x85;
const EXIT = 0x95;
const GOTO = 0x05;

const alu = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mov: 0xb0,
  arsh: 0xc0,
} as const;
export type Alu = keyof typeof alu;

const jumps = {
  eq: 0x10,
  gt: 0x20,
  ge: 0x30,
  set: 0x40,
  ne: 0x50,
  sgt: 0x60,
  sge: 0x70,
  lt: 0xa0,
  le: 0xb0,
  slt: 0xc0,
  sle: 0xd0,
} as const;
export type Condition = keyof typeof jumps;

const PSEUDO_MAP_FD = 1;
const PSEUDO_MAP_VALUE = 2;
const PSEUDO_VARIABLE = 3;
const PSEUDO_FUNCTION = 4;
const PSEUDO_KERNEL_FUNCTION = 2;

interface Insn {
  readonly op: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  /** Where a jump goes, or a function begins whose address is taken. */
  readonly label?: string;
}

export class Assembler {
  private readonly code: Insn[] = [];
  private readonly labels = new Map<string, number>();
  private readonly steps: { readonly at: number; readonly name: string }[] = [];
  private unique = 0;
  /** Functions after the program itself: those the kernel calls back. */
  readonly functions: { readonly at: number; readonly name: string }[] = [];

  constructor(readonly name: string) {}

  get length(): number {
    return this.code.length;
  }

  /** What follows is called so in error messages. */
  step(name: string): this {
    this.steps.push({ at: this.code.length, name });
    return this;
  }

  /** A label of its own, to be placed later. */
  fresh(hint: string): string {
    return `${hint}.${this.unique++}`;
  }

  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`${this.name}: label ${name} stands twice`);
    this.labels.set(name, this.code.length);
    return this;
  }

  /** Here a function begins that is called back by its name; the one before it must have ended. */
  function(name: string): this {
    this.functions.push({ at: this.code.length, name });
    return this.step(name).label(name);
  }

  private emit(op: number, dst: number, src: number, off: number, imm: number, label?: string): this {
    this.code.push({ op, dst, src, off, imm, label });
    return this;
  }

  /** dst = dst OP src, 64 bits; numbers are sign-extended from 32. */
  alu(op: Alu, dst: Reg, src: Reg | number): this {
    return typeof src === "number"
      ? this.emit(ALU64 | alu[op], dst.reg, 0, 0, src)
      : this.emit(ALU64 | alu[op] | FROM_REG, dst.reg, src.reg, 0, 0);
  }

  /** The same on the low 32 bits; the high ones become 0. */
  alu32(op: Alu, dst: Reg, src: Reg | number): this {
    return typeof src === "number"
      ? this.emit(ALU32 | alu[op], dst.reg, 0, 0, src)
      : this.emit(ALU32 | alu[op] | FROM_REG, dst.reg, src.reg, 0, 0);
  }

  mov(dst: Reg, src: Reg | number): this {
    return this.alu("mov", dst, src);
  }
  /** The low 32 bits; the high ones become 0. */
  mov32(dst: Reg, src: Reg | number): this {
    return this.alu32("mov", dst, src);
  }
  add(dst: Reg, src: Reg | number): this {
    return this.alu("add", dst, src);
  }
  sub(dst: Reg, src: Reg | number): this {
    return this.alu("sub", dst, src);
  }
  and(dst: Reg, src: Reg | number): this {
    return this.alu("and", dst, src);
  }
  or(dst: Reg, src: Reg | number): this {
    return this.alu("or", dst, src);
  }
  lsh(dst: Reg, src: Reg | number): this {
    return this.alu("lsh", dst, src);
  }
  rsh(dst: Reg, src: Reg | number): this {
    return this.alu("rsh", dst, src);
  }

  private wide(dst: Reg, src: number, lo: number, hi: number): this {
    this.emit(LD_IMM64, dst.reg, src, 0, lo | 0);
    return this.emit(0, 0, 0, 0, hi | 0);
  }

  /** A 64-bit constant, exact up to 2^53. */
  constant(dst: Reg, value: number): this {
    return this.wide(dst, 0, value % 4294967296, Math.floor(value / 4294967296));
  }

  /** The map itself, as helpers want it. */
  map(dst: Reg, map: BpfMap): this {
    return this.wide(dst, PSEUDO_MAP_FD, map.fd, 0);
  }

  /** The address of a function of this program, for those who call back. */
  functionAddress(dst: Reg, name: string): this {
    this.emit(LD_IMM64, dst.reg, PSEUDO_FUNCTION, 0, 0, name);
    return this.emit(0, 0, 0, 0, 0);
  }

  /** A variable of the kernel's by the number of its type information, as this_cpu_ptr wants it (5.10). */
  variable(dst: Reg, id: number): this {
    return this.wide(dst, PSEUDO_VARIABLE, id, 0);
  }

  /** Address of a byte in the first value of an array map. */
  mapValue(dst: Reg, map: BpfMap, offset = 0): this {
    return this.wide(dst, PSEUDO_MAP_VALUE, map.fd, offset);
  }

  /** dst = *(src + offset) */
  load(size: Size, dst: Reg, src: Reg, offset: number): this {
    return this.emit(LDX_MEM | sizeBits[size], dst.reg, src.reg, offset, 0);
  }

  /** *(dst + offset) = value */
  store(size: Size, dst: Reg, offset: number, value: Reg | number): this {
    return typeof value === "number"
      ? this.emit(ST_MEM | sizeBits[size], dst.reg, 0, offset, value)
      : this.emit(STX_MEM | sizeBits[size], dst.reg, value.reg, offset, 0);
  }

  /** *(dst + offset) += src, atomically; 4 or 8 bytes. */
  atomicAdd(size: 4 | 8, dst: Reg, offset: number, src: Reg): this {
    return this.emit(ATOMIC | sizeBits[size], dst.reg, src.reg, offset, alu.add);
  }

  /** If *(dst + offset) is r0 it becomes src, atomically; r0 is what it was (5.12). */
  compareExchange(size: 4 | 8, dst: Reg, offset: number, src: Reg): this {
    return this.emit(ATOMIC | sizeBits[size], dst.reg, src.reg, offset, COMPARE_EXCHANGE);
  }

  /** *(dst + offset) = src and src = what was there before, atomically (5.12). */
  exchange(size: 4 | 8, dst: Reg, offset: number, src: Reg): this {
    return this.emit(ATOMIC | sizeBits[size], dst.reg, src.reg, offset, EXCHANGE);
  }

  /** *(dst + offset) += src and src = what was there before, atomically (5.12). */
  fetchAdd(size: 4 | 8, dst: Reg, offset: number, src: Reg): this {
    return this.emit(ATOMIC | sizeBits[size], dst.reg, src.reg, offset, alu.add | FETCH);
  }

  /** Goes to `label` if a CONDITION b, 64 bits, unsigned unless the condition begins with s. */
  jump(condition: Condition, a: Reg, b: Reg | number, label: string): this {
    return typeof b === "number"
      ? this.emit(JMP | jumps[condition], a.reg, 0, 0, b, label)
      : this.emit(JMP | jumps[condition] | FROM_REG, a.reg, b.reg, 0, 0, label);
  }

  /** The same on the low 32 bits (5.1). */
  jump32(condition: Condition, a: Reg, b: Reg | number, label: string): this {
    return typeof b === "number"
      ? this.emit(JMP32 | jumps[condition], a.reg, 0, 0, b, label)
      : this.emit(JMP32 | jumps[condition] | FROM_REG, a.reg, b.reg, 0, 0, label);
  }

  goto(label: string): this {
    return this.emit(GOTO, 0, 0, 0, 0, label);
  }

  call(helper: keyof typeof helpers): this {
    return this.emit(CALL, 0, 0, 0, helpers[helper]);
  }

  /** Calls a function of the kernel by the number of its type (5.13). */
  callKernel(id: number): this {
    return this.emit(CALL, 0, PSEUDO_KERNEL_FUNCTION, 0, id);
  }

  exit(): this {
    return this.emit(EXIT, 0, 0, 0, 0);
  }

  /** struct bpf_insn[]. Throws if a label is missing or out of reach. */
  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.code.length * 8);
    const view = new DataView(bytes.buffer);
    for (const [i, insn] of this.code.entries()) {
      let { off, imm } = insn;
      if (insn.label !== undefined) {
        const target = this.labels.get(insn.label);
        if (target === undefined) throw new Error(`${this.name}: no label ${insn.label}`);
        if (insn.op === LD_IMM64) imm = target - i - 1;
        else off = target - i - 1;
      }
      if (off < -32768 || off > 32767) throw new Error(`${this.name}: instruction ${i}: ${off} is too far`);
      view.setUint8(i * 8, insn.op);
      view.setUint8(i * 8 + 1, insn.dst | (insn.src << 4));
      view.setInt16(i * 8 + 2, off, true);
      view.setInt32(i * 8 + 4, imm, true);
    }
    return bytes;
  }

  /** The step an instruction belongs to. */
  stepAt(index: number): string {
    let name = "start";
    for (const s of this.steps) {
      if (s.at > index) break;
      name = s.name;
    }
    return name;
  }
}
