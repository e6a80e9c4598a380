/**
 * Tasks of a group that is quiet: their calls are counted in the kernel and noted in a ring that is only looked at when
 * something has happened; slow ones are sent as ever. Both are maps that user space sees in its own memory.
 *
 * Two looks at the clock are most of what a fast call would cost. A task that makes many calls has one in eight timed, which
 * stands for those of its number that were not; of the others only what the kernel's tick tells is known, unless they leave
 * their CPU, since then the scheduler's tracepoint looks at the clock.
 */
import { type Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, highestBit, NO_RETURN, valueAt, valueOfCpu } from "./common.ts";

const { state, flags } = L;
const { record } = state;
const MAX_ERRNO = 4095;
/** Calls of one task between two ticks that are all timed. */
const ALL_TIMED = 8;
/** Of the rest one in 2^3 is. */
const TIMED_BITS = 3;
/** A linear congruential generator modulo 2^32 (Knuth, TAOCP 2, 3.3.4): programs call in patterns, which it must not follow. */
const FACTOR = 1664525;
const SUMMAND = 1013904223;

/** r2 = address of what is to be done with the calls of the task's group, r8 = the group; goes to `none` without one. */
function groupOf(a: Assembler, e: Environment, none: string): void {
  a.load(4, r8, r6, state.group).jump("gt", r8, L.GROUPS - 1, none);
  a.mov(r1, r8).alu("mul", r1, L.quiet.bytes).mapValue(r2, e.maps.quiet!.groups).add(r2, r1);
}

/** Only then does somebody note when the task leaves its CPU, and asks nobody how long a call took. */
const sometimes = ({ maps, options }: Environment): boolean =>
  maps.quiet !== undefined &&
  options.scheduling &&
  !options.entries &&
  options.slowerThan === 0 &&
  !options.status;

/** At entry, with the number of the reads in r9: goes to `begun` with calls whose time is not taken. r6: state. */
export function leaveUntimed(a: Assembler, e: Environment, begun: string): void {
  if (!sometimes(e)) return;
  const timed = a.fresh("timed");
  const same = a.fresh("same-tick");
  a.step("is the call to be timed").jump("eq", r9, NO_RETURN, timed);
  a.load(1, r1, r6, record + L.call.abi)
    .jump("ne", r1, L.ABI_X86_64, timed)
    .load(4, r1, r6, record + L.call.nr);
  for (const nr of e.kernel.execs) a.jump("eq", r1, nr, timed);
  groupOf(a, e, timed);
  a.load(8, r1, r2, L.quiet.sparing).jump("eq", r1, 0, timed);
  a.call("jiffies64").mov32(r0, r0).load(4, r1, r6, state.tick).jump("eq", r0, r1, same);
  a.store(4, r6, state.tick, r0).store(4, r6, state.callsInTick, 1).goto(timed).label(same);
  a.load(4, r1, r6, state.callsInTick).add(r1, 1).store(4, r6, state.callsInTick, r1);
  a.jump("le", r1, ALL_TIMED, timed);
  a.load(4, r1, r6, state.random).alu32("mul", r1, FACTOR).alu32("add", r1, SUMMAND);
  a.store(4, r6, state.random, r1)
    .rsh(r1, 32 - TIMED_BITS)
    .jump("eq", r1, 0, timed);
  a.store(8, r6, record + L.call.entry, 0).load(4, r1, r6, state.flags);
  a.or(r1, flags.inCall | flags.untimed)
    .store(4, r6, state.flags, r1)
    .goto(begun)
    .label(timed);
}

/**
 * At exit, with the state's flags in r1: a call that was not timed, and did not leave its CPU, is counted and goes to `done`. One
 * that took several ticks, or is wanted by now, goes to `timed` with the times that can be given.
 */
export function returnUntimed(a: Assembler, e: Environment, done: string, timed: string): void {
  if (!sometimes(e)) return;
  const known = a.fresh("known");
  const told = a.fresh("told");
  const noted = a.fresh("noted");
  a.step("was the call timed").and(r1, flags.untimed).jump("eq", r1, 0, known);
  spentInTicks(a, e);
  a.mov(r9, r0).jump("ne", r9, 0, told);
  groupOf(a, e, told);
  a.load(8, r1, r2, L.quiet.threshold)
    .jump("eq", r1, 0, told)
    .load(4, r1, r6, record + L.call.nr);
  cellOf(a, e, noted);
  a.mov(r1, 1).atomicAdd(4, r3, L.counts.untimed, r1);
  countError(a);
  a.label(noted);
  note(a, e, false);
  a.goto(done).label(told).call("ktime_get_ns").mov(r7, r0);
  beganAt(a, r9);
  a.store(8, r6, record + L.call.time, r7)
    .goto(timed)
    .label(known);
}

/** r0 = ns of the ticks that the task's call has seen, 0 when it may have taken less than one. Clobbers r1. */
function spentInTicks(a: Assembler, e: Environment): void {
  const none = a.fresh("none");
  const done = a.fresh("spent");
  a.call("jiffies64").load(4, r1, r6, state.tick).alu32("sub", r0, r1).jump("lt", r0, L.TOLD_TICKS, none);
  a.alu("mul", r0, e.maps.quiet!.tick).goto(done);
  a.label(none).mov(r0, 0).label(done);
}

/** The call began `spent` ns before the time in r0, but not before the task's last one that was timed ended. Clobbers r1. */
function beganAt(a: Assembler, spent: Reg): void {
  const later = a.fresh("later");
  a.sub(r0, spent)
    .load(8, r1, r6, record + L.call.time)
    .jump("ge", r0, r1, later)
    .mov(r0, r1)
    .label(later);
  a.store(8, r6, record + L.call.entry, r0);
}

/** The task leaves its CPU at the time in its state: if it is in a call that was not timed, that is from here on. */
export function timeOnLeaving(a: Assembler, e: Environment): void {
  if (!sometimes(e)) return;
  const timed = a.fresh("timed");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("eq", r2, 0, timed);
  a.or(r1, flags.left).store(4, r6, state.flags, r1);
  a.mov(r2, r1).and(r2, flags.untimed).jump("eq", r2, 0, timed);
  a.and(r1, ~flags.untimed).store(4, r6, state.flags, r1);
  spentInTicks(a, e);
  a.mov(r2, r0).load(8, r0, r6, state.offAt);
  beganAt(a, r2);
  a.label(timed);
}

/** r3 = what is counted of the number in r1 in the group in r8; goes to `none` if nothing is. Clobbers all but r6, r7, r9. */
function cellOf(a: Assembler, e: Environment, none: string): void {
  // the number stays in a register: of what is loaded again the verifier does not know that it is small enough
  a.jump("gt", r1, L.COUNTED_CALLS - 1, none)
    .mov(r2, r8)
    .mov(r8, r1);
  valueAt(a, e.maps.quiet!.counts, r2, none);
  a.mov(r3, r0).alu("mul", r8, L.counts.bytes).add(r3, r8);
}

/** Counts the call in r3's numbers if it failed. Clobbers r2 and r4. */
function countError(a: Assembler): void {
  const fine = a.fresh("fine");
  a.load(8, r2, r6, record + L.call.ret)
    .jump("sge", r2, 0, fine)
    .jump("slt", r2, -MAX_ERRNO, fine);
  a.mov(r4, 1).atomicAdd(8, r3, L.counts.errors, r4).label(fine);
}

/** Goes to `done` with calls that are not to be sent. r6: state. */
export function countQuietly(a: Assembler, e: Environment, done: string): void {
  if (!e.maps.quiet) return;
  const loud = a.fresh("loud");
  const counted = a.fresh("counted");
  const alone = a.fresh("alone");
  const most = a.fresh("most");
  const fits = a.fresh("fits");
  a.step("is the task's group quiet");
  groupOf(a, e, loud);
  a.load(8, r7, r2, L.quiet.threshold)
    .jump("eq", r7, 0, loud)
    .load(8, r9, r6, record + L.call.time)
    .load(8, r2, r6, record + L.call.entry);
  a.jump("eq", r2, 0, loud).sub(r9, r2);
  a.load(4, r1, r6, record + L.call.nr);
  for (const nr of e.kernel.execs) a.jump("eq", r1, nr, loud);
  a.step("count the call")
    .load(1, r2, r6, record + L.call.abi)
    .jump("ne", r2, L.ABI_X86_64, counted);
  cellOf(a, e, counted);
  // one that stayed on its CPU, and is not longer than they can have been, stands for those that were not timed
  a.mov(r1, 0)
    .jump("ge", r9, L.TOLD_TICKS * e.maps.quiet.tick, alone)
    .load(4, r2, r6, state.flags)
    .and(r2, flags.left)
    .jump("ne", r2, 0, alone);
  a.load(4, r2, r3, L.counts.untimed).jump("eq", r2, 0, alone);
  a.exchange(4, r3, L.counts.untimed, r1).label(alone).add(r1, 1);
  a.mov(r2, r9).alu("mul", r2, r1).atomicAdd(8, r3, L.counts.total, r2);
  countError(a);
  a.load(8, r2, r3, L.counts.longest).jump("ge", r2, r9, most).store(8, r3, L.counts.longest, r9).label(most);
  a.mov(r2, r9);
  highestBit(a, r2, r4);
  a.jump("le", r4, L.BUCKETS - 1, fits)
    .mov(r4, L.BUCKETS - 1)
    .label(fits);
  a.lsh(r4, 2).add(r3, r4).atomicAdd(4, r3, L.counts.buckets, r1).label(counted);
  note(a, e, true);
  a.jump("lt", r9, r7, done).label(loud);
}

/** Notes the call in this CPU's ring; `timed`: its duration is in r9. Clobbers r0 to r5. */
function note(a: Assembler, e: Environment, timed: boolean): void {
  const { flight, slots } = e.maps.quiet!;
  const noted = a.fresh("noted");
  a.step("note the call");
  valueOfCpu(a, flight, noted);
  a.mov(r2, r0);
  // no other task gets this CPU meanwhile
  a.load(8, r1, r2, L.flight.next).mov(r3, r1).add(r3, 1).store(8, r2, L.flight.next, r3);
  a.and(r1, slots - 1)
    .alu("mul", r1, L.flight.bytes)
    .add(r2, r1);
  for (const [to, from, size] of [
    [L.flight.time, record + L.call.time, 8],
    [L.flight.ret, record + L.call.ret, 8],
    [L.flight.tid, record + L.call.tid, 4],
    [L.flight.nr, record + L.call.nr, 4],
    [L.flight.args, record + L.call.args, 8],
    [L.flight.args + 8, record + L.call.args + 8, 8],
    [L.flight.args + 16, record + L.call.args + 16, 8],
  ] as const)
    a.load(size, r0, r6, from).store(size, r2, L.flight.slots + to, r0);
  a.store(8, r2, L.flight.slots + L.flight.duration, timed ? r9 : 0).label(noted);
}
