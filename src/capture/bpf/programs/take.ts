/** Which call it is, and what is to be read of it. */
import { SOCKETCALLS } from "../../../abi/syscalls.ts";
import type { BpfMap } from "../../../kernel/bpf.ts";
import { type Assembler, type Reg, r1, r2, r3, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import type { Read } from "../plan.ts";
import { Reader } from "../reads.ts";
import type { Environment } from "./common.ts";
import { redirect } from "./indirect.ts";

/** In thread_info.status: the call is one of 32-bit x86 (arch/x86/include/asm/thread_info.h). */
export const TS_COMPAT = 2;
const X32_BIT = 0x40000000;

const { state, kinds } = L;
const { record } = state;

/**
 * Arguments and number of the call from the registers in r8; goes on with the table's index in r9. `bare`: nobody asks for
 * more than that index.
 */
export function takeCall(a: Assembler, e: Environment, fromRegisters: boolean, bare = false): void {
  const { kernel, options } = e;
  const native = a.fresh("native");
  const ready = a.fresh("ready");
  const known = a.fresh("known");
  a.step("number and ABI");
  // r9: number; r7: task
  if (fromRegisters) a.load(8, r9, r8, kernel.origAx);
  a.load(4, r1, r7, kernel.status).and(r1, TS_COMPAT).jump("eq", r1, 0, native);
  a.store(4, r6, record, kinds.call | (L.ABI_I386 << 8))
    .mov32(r9, r9)
    .store(4, r6, record + L.call.nr, r9);
  for (const [i, at] of kernel.compatArgs.entries())
    a.load(8, r1, r8, at)
      .mov32(r1, r1)
      .store(8, r6, record + L.call.args + 8 * i, r1);
  const plainCompat = a.fresh("plain");
  if (!fromRegisters) {
    redirect(a, plainCompat);
    a.store(4, r6, record, kinds.call | (L.ABI_I386_INDIRECT << 8)).store(4, r6, record + L.call.nr, r9);
    a.add(r9, L.NUMBERS * L.ABI_I386).goto(ready);
  }
  a.label(plainCompat)
    .jump("lt", r9, SOCKETCALLS, known)
    .mov(r9, L.NUMBERS - 1)
    .label(known);
  a.add(r9, L.NUMBERS * L.ABI_I386).goto(ready);
  a.label(native).store(4, r6, record, kinds.call | (L.ABI_X86_64 << 8));
  for (const [i, at] of bare ? [] : kernel.args.entries())
    a.load(8, r1, r8, at).store(8, r6, record + L.call.args + 8 * i, r1);
  const plain = a.fresh("plain");
  const x32 = a.fresh("x32");
  a.mov32(r9, r9)
    .store(4, r6, record + L.call.nr, r9)
    .jump("lt", r9, L.NUMBERS - 1, ready);
  a.jump32("eq", r9, -1, plain).mov(r1, r9).and(r1, X32_BIT).jump("eq", r1, 0, plain);
  a.store(4, r6, record, kinds.call | (L.ABI_X32 << 8))
    .mov(r1, X32_BIT)
    .sub(r9, r1);
  a.store(4, r6, record + L.call.nr, r9)
    .jump("lt", r9, L.NUMBERS, x32)
    .mov(r9, L.NUMBERS - 1);
  a.label(x32)
    .add(r9, L.NUMBERS * L.ABI_X32)
    .goto(ready);
  a.label(plain).mov(r9, L.NUMBERS - 1);
  a.label(ready)
    .load(4, r1, r6, state.tid)
    .store(4, r6, record + L.call.tid, r1);
  if (bare) return;
  a.store(4, r6, state.cursor, 0);
  if (options.pointers) a.load(8, r1, r8, kernel.ip).store(8, r6, state.facts + L.facts.ip, r1);
  a.load(8, r1, r8, kernel.sp).store(8, r6, state.sp, r1);
}

/** What the tables have for the index in r9: r9 for the entry, r2 for the exit. */
export function lookUp(a: Assembler, e: Environment): void {
  const fits = a.fresh("fits");
  const most = L.NUMBERS * L.abis.length - 1;
  a.jump("le", r9, most, fits).mov(r9, most).label(fits);
  rowOf(a, e, r9, r1);
  a.load(2, r9, r1, 0).load(2, r2, r1, 2);
}

/** `row` = address of what the tables have for the index in `index`, which is lost: number for the entry, then for the exit. */
export function rowOf(a: Assembler, e: Environment, index: Reg, row: Reg): void {
  a.lsh(index, 2).mapValue(row, e.maps.tables).add(row, index);
}

/**
 * 32-bit calls go to a program of their own, which takes the rest of the way. Where it is not loaded
 * the record goes without memory.
 */
export function compatElsewhere(a: Assembler, map: BpfMap, after: string): void {
  const native = a.fresh("native");
  a.step("32-bit calls")
    .load(1, r1, r6, record + L.call.abi)
    .jump("eq", r1, L.ABI_X86_64, native);
  a.load(8, r1, r10, CONTEXT).map(r2, map).mov(r3, 0).call("tail_call").goto(after);
  a.label(native);
}

/** Where on the stack the context is kept. */
export const CONTEXT = -256;

/** Goes through the reads of the number in r9 and on to `after`. */
export function readShapes(
  a: Assembler,
  shapes: readonly (readonly Read[])[],
  frequent: ReadonlySet<number>,
  phase: number,
  what: string,
  after: string,
): void {
  const labels = shapes.map((_, i) => (i === 0 ? after : a.fresh(`shape${i}`)));
  const choose = (from: number, to: number): void => {
    if (to - from <= 2) {
      for (let i = from; i < to; i++) a.jump("eq", r9, i, labels[i]);
      a.goto(after);
      return;
    }
    const middle = (from + to) >> 1;
    const upper = a.fresh("upper");
    a.jump("ge", r9, middle, upper);
    choose(from, middle);
    a.label(upper);
    choose(middle, to);
  };
  a.step(`choose the reads at ${what}`).jump("eq", r9, 0, after);
  choose(1, shapes.length);
  for (let i = 1; i < shapes.length; i++) {
    a.step(`reads at ${what}: ${JSON.stringify(shapes[i])}`).label(labels[i]);
    new Reader(a, phase, frequent.has(i)).all(shapes[i]);
    a.goto(after);
  }
  a.label(after);
}
