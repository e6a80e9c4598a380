/** Programs of the kernel's virtual machine: eBPF, as bpf(2) is given them. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum } from "../flags.ts";
import { printArray } from "../pointers.ts";
import type { Walker } from "../walker.ts";

const INSTRUCTION = 8;
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const JMP32 = 6;
const ALU64 = 7;

/** Sets whose members are shown after the class of an instruction, and the bits that choose one. */
interface Part {
  readonly set: FlagSet;
  readonly mask: number;
}
const source: Part = { set: F.cbpf_sources, mask: 8 };
const loads: readonly Part[] = [
  { set: F.ebpf_sizes, mask: 0x18 },
  { set: F.ebpf_modes, mask: 0xe0 },
];
const arithmetic: readonly Part[] = [source, { set: F.ebpf_arithmetic, mask: 0xf0 }];
const byClass: Readonly<Record<number, readonly Part[]>> = {
  [LD]: loads,
  [LDX]: loads,
  [ST]: loads,
  [STX]: loads,
  [ALU]: arithmetic,
  [JMP]: [source, { set: F.ebpf_jumps, mask: 0xf0 }],
  [ALU64]: arithmetic,
};

/** The code of an instruction: its class, then what its class says. */
function printCode(c: Context, code: number): void {
  const kind = code & 7;
  printEnum(c, F.ebpf_classes, kind);
  for (const { set, mask } of byClass[kind] ?? []) {
    c.sink.word("|");
    printEnum(c, set, code & mask);
  }
  // strace does not look at the rest of this class
  const rest = code & ~7;
  if (kind === JMP32 && rest !== 0) {
    c.sink.word(`|${hexText(rest, 0)}`);
    c.sink.comment("BPF_???");
  }
}

/** struct bpf_insn. */
const instruction: Walker = {
  size: () => INSTRUCTION,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const v = c.memory.view;
    const registers = v.getUint8(at + 1);
    const register = (name: string, n: number) => {
      c.sink.field(name);
      c.sink.xlat(n, 0, enumName(F.bpf_registers, n), F.bpf_registers.fallback, "hex");
    };
    c.sink.openStruct();
    c.sink.field("code");
    printCode(c, v.getUint8(at));
    register("dst_reg", registers & 15);
    register("src_reg", registers >> 4);
    c.sink.field("off");
    c.sink.num(v.getInt16(at + 2, true));
    c.sink.field("imm");
    c.sink.hex(v.getUint32(at + 4, true), 0);
    c.sink.closeStruct();
  },
};

/** Prints an eBPF program of `count` instructions; without -v only where it is. */
export function printProgram(c: Context, lo: number, hi: number, count: number): void {
  if (!c.verbose || (lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
  else printArray(c, instruction, lo, hi, count);
}
