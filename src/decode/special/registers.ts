/** The registers that ptrace(2) gets and sets (struct user_regs_struct and user_fpregs_struct of sys/user.h). */
import type { Context } from "../context.ts";
import { readable } from "./bytes.ts";

interface Member {
  readonly name: string;
  readonly size: 2 | 4 | 8;
  /** Of an array. */
  readonly count?: number;
}

export interface RegisterSet {
  readonly members: readonly Member[];
  readonly size: number;
}

const set = (members: readonly Member[]): RegisterSet => ({
  members,
  size: members.reduce((sum, m) => sum + m.size * (m.count ?? 1), 0),
});

const generalNames =
  "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs";

export const general = set(generalNames.split(" ").map((name) => ({ name, size: 8 })));
export const floating = set([
  ...["cwd", "swd", "ftw", "fop"].map((name) => ({ name, size: 2 as const })),
  ...["rip", "rdp"].map((name) => ({ name, size: 8 as const })),
  ...["mxcsr", "mxcr_mask"].map((name) => ({ name, size: 4 as const })),
  { name: "st_space", size: 4, count: 32 },
  { name: "xmm_space", size: 4, count: 64 },
  { name: "padding", size: 4, count: 24 },
]);

/** A part of a set has whole words. */
const WORD = 8;

/** As much of a set as `length` bytes hold; the address if it cannot be read. */
export function printRegisters(
  c: Context,
  { members, size }: RegisterSet,
  lo: number,
  hi: number,
  length = size,
): void {
  const there = Math.min(length, size);
  const at = there === 0 || length % WORD !== 0 ? -1 : readable(c, lo, hi, there);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openStruct();
  let offset = 0;
  for (const m of members) {
    const left = Math.floor((there - offset) / m.size);
    if (left <= 0) break;
    c.sink.field(m.name);
    if (m.count === undefined) printRegister(c, at + offset, m.size);
    else printRegisterArray(c, at + offset, m.size, Math.min(m.count, left));
    offset += m.size * (m.count ?? 1);
  }
  if (length > size) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeStruct();
}

function printRegister(c: Context, at: number, size: number): void {
  const { view } = c.memory;
  if (size === 2) c.sink.hex(view.getUint16(at, true), 0);
  else c.sink.hex(view.getUint32(at, true), size === 4 ? 0 : view.getUint32(at + 4, true));
}

function printRegisterArray(c: Context, at: number, size: number, count: number): void {
  const shown = c.verbose ? count : Math.min(count, c.options.stringLimit);
  c.sink.openArray();
  for (let i = 0; i < shown; i++) {
    c.sink.item();
    printRegister(c, at + size * i, size);
  }
  if (shown < count) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeArray();
}

const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;

/** Registers of 32-bit programs are others. */
const setOf = (c: Context, type: number): RegisterSet | undefined =>
  c.call.abi === "i386"
    ? undefined
    : type === NT_PRSTATUS
      ? general
      : type === NT_FPREGSET
        ? floating
        : undefined;

/** All registers of one kind. */
export const allOf =
  (registers: RegisterSet) =>
  (c: Context, lo: number, hi: number): void => {
    if (c.call.abi === "i386") c.sink.addr(lo, hi);
    else printRegisters(c, registers, lo, hi);
  };

/** Notes the room there is, which the kernel overwrites with what it used. */
export function noteRoom(c: Context, lo: number, hi: number): void {
  const at = readable(c, lo, hi, 2 * c.wordSize);
  if (at < 0) return;
  c.wordAt(at + c.wordSize);
  c.call.saved.push(c.wordLo, c.wordHi);
}

/** The struct iovec of PTRACE_GETREGSET and PTRACE_SETREGSET, with registers of a type in it. */
export function printRegisterSet(c: Context, type: number, lo: number, hi: number): void {
  const { failed } = c;
  // the vector is the caller's, whatever came of the call
  c.failed = false;
  const at = readable(c, lo, hi, 2 * c.wordSize);
  c.failed = failed;
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.wordAt(at);
  const [baseLo, baseHi] = [c.wordLo, c.wordHi];
  c.wordAt(at + c.wordSize);
  const [lengthLo, lengthHi] = [c.wordLo, c.wordHi];
  const registers = setOf(c, type);
  c.sink.openStruct();
  c.sink.field("iov_base");
  if (registers) printRegisters(c, registers, baseLo, baseHi, lengthLo + lengthHi * 4294967296);
  else c.sink.addr(baseLo, baseHi);
  c.sink.field("iov_len");
  const [roomLo, roomHi] = c.call.saved;
  if (roomLo !== undefined && !failed && (roomLo !== lengthLo || roomHi !== lengthHi)) {
    c.sink.ulong(roomLo, roomHi);
    c.sink.becomes();
  }
  c.sink.ulong(lengthLo, lengthHi);
  c.sink.closeStruct();
}
