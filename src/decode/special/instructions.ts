/** Programs of the kernel's virtual machines: classic BPF (seccomp(2), socket filters) and eBPF (bpf(2)). */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum } from "../flags.ts";
import { printArray } from "../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";

const INSTRUCTION = 8;
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const JMP = 5;
const RET = 6;
const MISC = 7;

/** Sets whose members are shown after the class of an instruction, and the bits that choose one. */
interface Part {
  readonly set: FlagSet;
  readonly mask: number;
}
const source: Part = { set: F.filter_sources, mask: 8 };

const classic: Readonly<Record<number, readonly Part[]>> = {
  [LD]: [
    { set: F.filter_sizes, mask: 0x18 },
    { set: F.filter_modes, mask: 0xe0 },
  ],
  4: [source, { set: F.filter_arithmetic, mask: 0xf0 }],
  [JMP]: [source, { set: F.filter_jumps, mask: 0xf0 }],
  [RET]: [{ set: F.filter_results, mask: 0x18 }],
  [MISC]: [{ set: F.filter_misc, mask: 0xf8 }],
};
const loads: readonly Part[] = [
  { set: F.ebpf_sizes, mask: 0x18 },
  { set: F.ebpf_modes, mask: 0xe0 },
];
const arithmetic: readonly Part[] = [source, { set: F.ebpf_arithmetic, mask: 0xf0 }];
const extended: Readonly<Record<number, readonly Part[]>> = {
  [LD]: loads,
  [LDX]: loads,
  [ST]: loads,
  [STX]: loads,
  4: arithmetic,
  [JMP]: [source, { set: F.ebpf_jumps, mask: 0xf0 }],
  [MISC]: arithmetic,
};

/** The code of an instruction: its class, then what its class says. */
function printCode(c: Context, code: number, isExtended: boolean): void {
  const kind = code & 7;
  printEnum(c, isExtended ? F.ebpf_classes : F.filter_classes, kind);
  const parts = (isExtended ? extended : classic)[!isExtended && kind === LDX ? LD : kind] ?? [];
  let rest = code & ~7;
  for (const { set, mask } of parts) {
    c.sink.word("|");
    printEnum(c, set, code & mask);
    rest &= ~mask;
  }
  // bits of a class that says nothing about them
  const silent = isExtended ? kind === RET : kind === ST || kind === STX || kind === RET || kind === MISC;
  if (silent && rest !== 0) {
    c.sink.word(`|${hexText(rest, 0)}`);
    c.sink.comment("BPF_???");
  }
}

/** struct sock_filter as the macros of linux/filter.h make it. */
function printFilter(c: Context, at: number, seccomp: boolean): void {
  const v = c.memory.view;
  const code = v.getUint16(at, true);
  const k = v.getUint32(at + 4, true);
  const jumps = v.getUint8(at + 2) !== 0 || v.getUint8(at + 3) !== 0;
  c.sink.word(jumps ? "BPF_JUMP(" : "BPF_STMT(");
  printCode(c, code, false);
  c.sink.word(", ");
  if (jumps) {
    c.sink.hex(k, 0);
    for (const offset of [2, 3]) {
      c.sink.word(", ");
      c.sink.hex(v.getUint8(at + offset), 0);
    }
  } else if (seccomp && (code & 7) === RET) {
    const action = (k & 0xffff0000) >>> 0;
    const data = k & 0xffff;
    printEnum(c, F.seccomp_actions, action);
    if (data !== 0) c.sink.word(`|${hexText(data, 0)}`);
  } else c.sink.hex(k, 0);
  c.sink.word(")");
}

const filterWalker = (seccomp: boolean): Walker => ({
  size: () => INSTRUCTION,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory: (c, at) => printFilter(c, at, seccomp),
});
const seccompFilter = filterWalker(true);

/** Prints a program of `count` instructions of a seccomp filter; without -v only where it is. */
export function printSeccompProgram(c: Context, lo: number, hi: number, count: number): void {
  if (!c.verbose || (lo === 0 && hi === 0) || c.failed || !c.options.dereference(c.call.name))
    c.sink.addr(lo, hi);
  else printArray(c, seccompFilter, lo, hi, count);
}

/** struct sock_fprog: length and program. */
registerValue("seccomp_filter", () =>
  pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, 2 * c.wordSize);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const count = c.memory.view.getUint16(at, true);
    c.sink.openStruct();
    c.sink.field("len");
    c.sink.num(count);
    c.sink.field("filter");
    c.wordAt(at + c.wordSize);
    printSeccompProgram(c, c.wordLo, c.wordHi, count);
    c.sink.closeStruct();
  }),
);

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
    printCode(c, v.getUint8(at), true);
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
