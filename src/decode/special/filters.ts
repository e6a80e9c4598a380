/** Classic BPF programs (linux/filter.h): what seccomp(2) and SO_ATTACH_FILTER are given. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { hexText, printEnum } from "../flags.ts";
import { printArray } from "../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";

const INSTRUCTION = 8;
const [BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_RET] = [0, 1, 2, 3, 4, 5, 6];

/** Prints the names in an instruction's code, joined by `|`. */
function operation(c: Context, code: number): void {
  const { sink } = c;
  const kind = code & 7;
  const unknown = (rest: number) => {
    if (rest === 0) return;
    sink.word("|");
    sink.hex(rest, 0);
    sink.comment("BPF_???");
  };
  const next = (set: typeof F.cbpf_sizes, bits: number) => {
    sink.word("|");
    printEnum(c, set, bits);
  };
  printEnum(c, F.cbpf_classes, kind);
  const rest = code & ~7;
  if (kind === BPF_ST || kind === BPF_STX) unknown(rest);
  else if (kind === BPF_LD || kind === BPF_LDX) {
    next(F.cbpf_sizes, code & 0x18);
    next(F.cbpf_modes, code & 0xe0);
  } else if (kind === BPF_ALU || kind === BPF_JMP) {
    next(F.cbpf_sources, code & 8);
    next(kind === BPF_ALU ? F.cbpf_operations : F.cbpf_jumps, code & 0xf0);
  } else if (kind === BPF_RET) {
    next(F.cbpf_results, code & 0x18);
    unknown(rest & ~0x18);
  } else {
    next(F.cbpf_moves, code & 0xf8);
    unknown(rest & ~0xf8);
  }
}

/** How the operand of an instruction prints; false for one that is only a number. */
export type Operand = (c: Context, code: number, k: number) => boolean;

const SKF_AD_OFF = 0xfffff000;
const SKF_NET_OFF = 0xfff00000;
const SKF_LL_OFF = 0xffe00000;
const BPF_ABS = 0x20;
/** Offsets of a socket's filter that are no offsets into the packet. */
export const socketOperand: Operand = (c, code, k) => {
  if ((code & 7) !== BPF_LD || (code & 0xe0) !== BPF_ABS || k < SKF_LL_OFF) return false;
  const [base, name] =
    k >= SKF_AD_OFF
      ? [SKF_AD_OFF, "SKF_AD_OFF"]
      : k >= SKF_NET_OFF
        ? [SKF_NET_OFF, "SKF_NET_OFF"]
        : [SKF_LL_OFF, "SKF_LL_OFF"];
  c.sink.xlat(base, 0, name, "", "hex");
  c.sink.word("+");
  if (base === SKF_AD_OFF) printEnum(c, F.cbpf_extensions, k - base);
  else c.sink.num(k - base);
  return true;
};

/** What a filter of seccomp(2) answers. */
const seccompOperand: Operand = (c, code, k) => {
  if ((code & 7) !== BPF_RET) return false;
  printEnum(c, F.seccomp_actions, (k & 0xffff0000) >>> 0);
  const data = k & 0xffff;
  if (data !== 0) c.sink.word(`|${hexText(data, 0)}`);
  return true;
};

const instruction = (operand?: Operand): Walker => ({
  size: () => INSTRUCTION,
  value: () => {},
  memory(k: Context, at: number) {
    const { view, bytes } = k.memory;
    const code = view.getUint16(at, true);
    const [jt, jf, value] = [bytes[at + 2], bytes[at + 3], view.getUint32(at + 4, true)];
    const jump = jt !== 0 || jf !== 0;
    k.sink.word(jump ? "BPF_JUMP(" : "BPF_STMT(");
    operation(k, code);
    k.sink.word(", ");
    if (jump || !operand?.(k, code, value)) k.sink.hex(value, 0);
    if (jump) {
      for (const n of [jt, jf]) {
        k.sink.word(", ");
        k.sink.hex(n, 0);
      }
    }
    k.sink.word(")");
  },
});

/** Prints the instructions at an arena offset. */
export function printInstructions(c: Context, at: number, count: number): void {
  const walker = instruction();
  c.sink.openArray();
  for (let i = 0; i < count; i++) {
    c.sink.item();
    walker.memory(c, at + INSTRUCTION * i);
  }
  c.sink.closeArray();
}

/** Prints `count` instructions at an address; without -v the address alone. */
export function printFilter(c: Context, lo: number, hi: number, count: number, operand?: Operand): void {
  if (!c.verbose) {
    c.sink.addr(lo, hi);
    return;
  }
  if (lo === 0 && hi === 0) {
    c.sink.addr(0, 0);
    return;
  }
  printArray(c, instruction(operand), lo, hi, count);
}

/** Prints the struct sock_fprog at an address. */
export function printProgram(c: Context, lo: number, hi: number, operand?: Operand): void {
  const word = c.wordSize;
  const at = readable(c, lo, hi, 2 * word);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const count = c.memory.view.getUint16(at, true);
  c.wordAt(at + word);
  const { wordLo, wordHi } = c;
  c.sink.openStruct();
  c.sink.field("len");
  c.sink.num(count);
  c.sink.field("filter");
  printFilter(c, wordLo, wordHi, count, operand);
  c.sink.closeStruct();
}

/** Prints what PTRACE_SECCOMP_GET_FILTER gave. */
export function printSeccompFilter(c: Context, lo: number, hi: number, count: number): void {
  if (c.failed) c.sink.addr(lo, hi);
  else printFilter(c, lo, hi, count, seccompOperand);
}

registerValue("seccomp_filter", () => pointerWalker((c, lo, hi) => printProgram(c, lo, hi, seccompOperand)));
