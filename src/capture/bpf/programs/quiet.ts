/**
 * Tasks of a group that is quiet: their calls are counted in the kernel and noted in a ring that is only looked at when
 * something has happened; slow ones are sent as ever. Both are maps that user space sees in its own memory.
 */
import { type Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r8, r9, type Size } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, highestBit, valueAt, valueOfCpu } from "./common.ts";

const { state, flags } = L;
const { record } = state;
const MAX_ERRNO = 4095;

/** r2 = address of what is to be done with the calls of the group at r6 + `at`, r8 = the group; goes to `none` without one. */
export function groupOf(a: Assembler, e: Environment, at: number, none: string): void {
  a.load(4, r8, r6, at).jump("gt", r8, L.GROUPS - 1, none);
  a.mov(r1, r8).alu("mul", r1, L.quiet.bytes).mapValue(r2, e.maps.quiet!.groups).add(r2, r1);
}

/** r3 = what is counted of the number in r1 in the group in r8; goes to `none` if nothing is. Clobbers all but r6, r7, r9. */
export function cellOf(a: Assembler, e: Environment, none: string): void {
  // the number stays in a register: of what is loaded again the verifier does not know that it is small enough
  a.jump("gt", r1, L.COUNTED_CALLS - 1, none)
    .mov(r2, r8)
    .mov(r8, r1);
  valueAt(a, e.maps.quiet!.counts, r2, none);
  a.mov(r3, r0).alu("mul", r8, L.counts.bytes).add(r3, r8);
}

/** Counts a call that returned `ret` in r3's numbers if it failed. Clobbers r4. */
export function countError(a: Assembler, ret: Reg): void {
  const fine = a.fresh("fine");
  a.jump("sge", ret, 0, fine).jump("slt", ret, -MAX_ERRNO, fine);
  a.mov(r4, 1).atomicAdd(8, r3, L.counts.errors, r4).label(fine);
}

/** Goes to `done` with calls that are not to be sent; those that are not counted are, as 32-bit programs'. r6: state. */
export function countQuietly(a: Assembler, e: Environment, done: string): void {
  if (!e.maps.quiet) return;
  const loud = a.fresh("loud");
  const alone = a.fresh("alone");
  const most = a.fresh("most");
  const fits = a.fresh("fits");
  a.step("is the task's group quiet");
  groupOf(a, e, state.group, loud);
  a.load(8, r7, r2, L.quiet.threshold)
    .jump("eq", r7, 0, loud)
    .load(8, r9, r6, record + L.call.time)
    .load(8, r2, r6, record + L.call.entry);
  a.jump("eq", r2, 0, loud).sub(r9, r2);
  a.load(4, r1, r6, record + L.call.nr);
  for (const nr of e.kernel.execs) a.jump("eq", r1, nr, loud);
  a.step("count the call")
    .load(1, r2, r6, record + L.call.abi)
    .jump("ne", r2, L.ABI_X86_64, loud);
  cellOf(a, e, loud);
  // one drawn that stayed on its CPU, and is not longer than they can have been, stands for those that were not timed
  a.mov(r1, 0)
    .jump("ge", r9, L.TOLD_TICKS * e.maps.quiet.tick, alone)
    .load(4, r2, r6, state.flags)
    .and(r2, flags.drawn | flags.left)
    .jump("ne", r2, flags.drawn, alone);
  a.load(4, r2, r3, L.counts.untimed).jump("eq", r2, 0, alone);
  a.exchange(4, r3, L.counts.untimed, r1).label(alone).add(r1, 1);
  a.mov(r2, r9).alu("mul", r2, r1).atomicAdd(8, r3, L.counts.total, r2);
  a.load(8, r2, r6, record + L.call.ret);
  countError(a, r2);
  a.load(8, r2, r3, L.counts.longest).jump("ge", r2, r9, most).store(8, r3, L.counts.longest, r9).label(most);
  a.mov(r2, r9);
  highestBit(a, r2, r4);
  a.jump("le", r4, L.BUCKETS - 1, fits)
    .mov(r4, L.BUCKETS - 1)
    .label(fits);
  a.lsh(r4, 2).add(r3, r4).atomicAdd(4, r3, L.counts.buckets, r1);
  note(a, e);
  a.jump("lt", r9, r7, done).label(loud);
}

/** Notes the call in this CPU's ring, with its duration, which is in r9. Clobbers r0 to r5 and r8. */
function note(a: Assembler, e: Environment): void {
  const noted = a.fresh("noted");
  a.step("note the call");
  valueOfCpu(a, e.maps.quiet!.flight, noted);
  a.mov(r8, r0);
  slotOf(a, r8);
  copyToSlot(a, [
    [L.slot.time, record + L.call.time, 8],
    [L.slot.ret, record + L.call.ret, 8],
    [L.slot.tid, record + L.call.tid, 4],
    [L.slot.nr, record + L.call.nr, 2],
    [L.slot.group, state.group, 2],
    [L.slot.args, record + L.call.args, 8],
    [L.slot.args + 8, record + L.call.args + 8, 8],
    [L.slot.args + 16, record + L.call.args + 16, 8],
  ]);
  a.store(8, r2, L.flight.stage + L.slot.duration, r9);
  slotWritten(a, e, r8);
  a.label(noted);
}

/** r2 = the address whose `flight.stage` further is the next slot of the ring at `ring`. Clobbers r1. */
export function slotOf(a: Assembler, ring: Reg): void {
  a.load(8, r1, ring, L.flight.next)
    .and(r1, L.STAGED - 1)
    .alu("mul", r1, L.slot.bytes)
    .mov(r2, ring)
    .add(r2, r1);
}

/** Fields of the slot from where they stand behind r6, and their size. Clobbers r0. */
export function copyToSlot(
  a: Assembler,
  fields: readonly (readonly [to: number, from: number, size: Size])[],
): void {
  for (const [to, from, size] of fields) a.load(size, r0, r6, from).store(size, r2, L.flight.stage + to, r0);
}

/** The next slot of the ring at `ring` is complete. Clobbers r0 to r5. */
export function slotWritten(a: Assembler, e: Environment, ring: Reg): void {
  const staged = a.fresh("staged");
  // no other task gets this CPU meanwhile
  a.load(8, r1, ring, L.flight.next)
    .mov(r2, r1)
    .and(r2, L.STAGED - 1)
    .jump("ne", r2, L.STAGED - 1, staged);
  a.and(r1, e.maps.quiet!.slots - L.STAGED)
    .alu("mul", r1, L.slot.bytes)
    .add(r1, ring)
    .add(r1, L.flight.slots)
    .mov(r2, L.STAGED * L.slot.bytes)
    .mov(r3, ring)
    .add(r3, L.flight.stage)
    .call("probe_read_kernel")
    .label(staged);
  a.load(8, r1, ring, L.flight.next).add(r1, 1).store(8, ring, L.flight.next, r1);
}
