/**
 * Calls of quiet tasks that go untimed. Looks at the clock, and finding the task's state, are most of what a fast call would
 * cost. A task that makes many calls has one in 32 timed, which stands for those of its number that were not (quiet.ts). For
 * the others a mark of its CPU (layout.ts) says all there is to know; of how long they took only the kernel's tick tells. When
 * such a call turns out to matter, because it leaves its CPU, ticks pass, or its group is not quiet any more, it becomes one
 * like the others: its state is filled from the mark.
 */
import { type Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, highestBit, NO_RETURN, stateOf, valueOfCpu } from "./common.ts";
import { cellOf, copyToSlot, countError, groupOf, slotOf, slotWritten } from "./quiet.ts";
import { TS_COMPAT } from "./take.ts";

const { state, flags, mark } = L;
const { record } = state;
const ARGS = 6;
/** Calls of one task between two ticks that are all timed. */
const ALL_TIMED = 8;
/** A linear congruential generator modulo 2^32 (Knuth, TAOCP 2, 3.3.4): programs call in patterns, which it must not follow. */
const FACTOR = 1664525;
const SUMMAND = 1013904223;
/** Of the rest one in so many. */
const ONE_IN = 32;
/** How many go untimed is drawn so that this holds for each, whatever went before: 2^16 times what a 256th of a power of two stands for. */
const PER_LOG = Math.round(256 / Math.log2(ONE_IN / (ONE_IN - 1)));
/** Their arguments are overwritten by their results: select and pselect6 (x86-64). */
const OVERWRITTEN = [23, 270];

/** Only then does somebody note when the task leaves its CPU, and asks nobody how long a call took, or where it came from. */
const sometimes = ({ maps, options }: Environment): boolean =>
  maps.quiet !== undefined &&
  options.scheduling &&
  !options.entries &&
  !options.pointers &&
  options.slowerThan === 0 &&
  !options.status;

/** Goes to `none` with calls that have to be seen whole. */
function unlessWhole(a: Assembler, e: Environment, nr: Reg, none: string): void {
  a.jump("gt", nr, L.COUNTED_CALLS - 1, none);
  for (const whole of [...e.kernel.execs, ...OVERWRITTEN]) a.jump("eq", nr, whole, none);
}

/** At entry, before anything is known but the context in r9 and the task in r7, which stay: goes to `done` if the mark lets it. */
export function passUntimed(a: Assembler, e: Environment, done: string): void {
  if (!sometimes(e)) return;
  const { kernel, maps } = e;
  const usual = a.fresh("usual");
  a.step("does the call go untimed");
  valueOfCpu(a, maps.quiet!.flight, usual);
  a.mov(r6, r0).load(4, r1, r6, mark.left).jump("le", r1, 1, usual);
  a.load(4, r1, r6, mark.pid).load(4, r2, r7, kernel.pid).jump("ne", r1, r2, usual);
  a.call("jiffies64").mov32(r0, r0).load(4, r1, r6, mark.tick).jump("ne", r0, r1, usual);
  groupOf(a, e, mark.group, usual);
  a.load(8, r1, r2, L.quiet.sparing).jump("eq", r1, 0, usual);
  a.load(4, r1, r7, kernel.status).and(r1, TS_COMPAT).jump("ne", r1, 0, usual);
  a.load(8, r8, r9, 8);
  unlessWhole(a, e, r8, usual);
  a.mov(r1, r8).lsh(r1, 2).mapValue(r2, maps.tables).add(r2, r1).load(2, r1, r2, 0);
  // nor is it one that nobody wants
  a.jump("ge", r1, NO_RETURN, usual);
  a.load(4, r1, r6, mark.left).sub(r1, 1).store(4, r6, mark.left, r1);
  a.add(r8, 1).store(4, r6, mark.nr, r8).load(8, r8, r9, 0);
  for (const [i, at] of kernel.args.entries()) a.load(8, r1, r8, at).store(8, r6, mark.args + 8 * i, r1);
  a.goto(done).label(usual);
}

/** At entry, with the number of the reads in r9, which stays: goes to `done` with calls whose time is not taken. r6: state. */
export function goUntimed(a: Assembler, e: Environment, done: string): void {
  if (!sometimes(e)) return;
  const timed = a.fresh("timed");
  const same = a.fresh("same-tick");
  a.step("is the call to be timed").jump("eq", r9, NO_RETURN, timed);
  a.load(1, r1, r6, record + L.call.abi)
    .jump("ne", r1, L.ABI_X86_64, timed)
    .load(4, r1, r6, record + L.call.nr);
  unlessWhole(a, e, r1, timed);
  groupOf(a, e, state.group, timed);
  a.load(8, r1, r2, L.quiet.sparing).jump("eq", r1, 0, timed);
  a.call("jiffies64").mov32(r0, r0).load(4, r1, r6, state.tick).jump("eq", r0, r1, same);
  a.store(4, r6, state.tick, r0).store(4, r6, state.callsInTick, 1).goto(timed).label(same);
  a.load(4, r1, r6, state.callsInTick).add(r1, 1).store(4, r6, state.callsInTick, r1);
  a.jump("le", r1, ALL_TIMED, timed);
  valueOfCpu(a, e.maps.quiet!.flight, timed);
  a.mov(r8, r0).load(4, r1, r8, mark.left).store(4, r8, mark.left, 0).jump("eq", r1, 1, timed);
  drawCalls(a);
  a.jump("eq", r1, 0, timed).store(4, r8, mark.left, r1);
  a.call("get_current_task_btf").load(4, r1, r0, e.kernel.pid).store(4, r8, mark.pid, r1);
  for (const [to, from, size] of [
    [mark.tick, state.tick, 4],
    [mark.group, state.group, 4],
    [mark.tid, state.tid, 4],
    [mark.time, record + L.call.time, 8],
  ] as const)
    a.load(size, r1, r6, from).store(size, r8, to, r1);
  for (let i = 0; i < 8 * ARGS; i += 8)
    a.load(8, r1, r6, record + L.call.args + i).store(8, r8, mark.args + i, r1);
  a.load(4, r1, r6, record + L.call.nr)
    .add(r1, 1)
    .store(4, r8, mark.nr, r1)
    .goto(done)
    .label(timed);
}

/** r1 = calls until the next one that is timed: a geometric distribution, from the logarithm of a random number. Clobbers all but r6 to r9. */
function drawCalls(a: Assembler): void {
  a.load(4, r1, r6, state.random).alu32("mul", r1, FACTOR).alu32("add", r1, SUMMAND);
  a.store(4, r6, state.random, r1).or(r1, 1).mov(r2, r1);
  highestBit(a, r2, r4);
  // 256 times its logarithm, by straight lines between powers of two
  a.mov(r3, 32).sub(r3, r4).alu("lsh", r1, r3).mov32(r1, r1).rsh(r1, 24).lsh(r4, 8).add(r1, r4);
  a.mov(r3, 32 << 8)
    .sub(r3, r1)
    .alu("mul", r3, PER_LOG)
    .rsh(r3, 16)
    .mov(r1, r3);
}

/**
 * At exit, with the task in r7 and what the call returned in r9: one that went untimed is counted and goes to `done`; if its
 * time is wanted by now it goes to `entered`, with its state in r6.
 */
export function returnUntimed(a: Assembler, e: Environment, done: string, entered: string): void {
  if (!sometimes(e)) return;
  const usual = a.fresh("usual");
  const told = a.fresh("told");
  const noted = a.fresh("noted");
  a.step("did the call go untimed");
  valueOfCpu(a, e.maps.quiet!.flight, usual);
  a.mov(r6, r0).load(4, r1, r6, mark.nr).jump("eq", r1, 0, usual);
  a.call("jiffies64").load(4, r1, r6, mark.tick).alu32("sub", r0, r1).jump("ge", r0, L.TOLD_TICKS, told);
  groupOf(a, e, mark.group, told);
  a.load(8, r1, r2, L.quiet.threshold).jump("eq", r1, 0, told);
  a.load(4, r1, r6, mark.nr).store(4, r6, mark.nr, 0).sub(r1, 1).mov(r7, r1);
  cellOf(a, e, noted);
  a.mov(r1, 1).atomicAdd(4, r3, L.counts.untimed, r1);
  countError(a, r9);
  a.label(noted).step("note the call");
  slotOf(a, r6);
  copyToSlot(a, [
    [L.slot.time, mark.time, 8],
    [L.slot.tid, mark.tid, 4],
    [L.slot.args, mark.args, 8],
    [L.slot.args + 8, mark.args + 8, 8],
    [L.slot.args + 16, mark.args + 16, 8],
  ]);
  a.store(8, r2, L.flight.stage + L.slot.duration, 0)
    .store(8, r2, L.flight.stage + L.slot.ret, r9)
    .store(4, r2, L.flight.stage + L.slot.nr, r7);
  slotWritten(a, e, r6);
  a.goto(done);
  a.label(told).mov(r8, r6);
  stateOf(a, e, r7, done);
  becomeTimed(a, e, done);
  a.call("ktime_get_ns").mov(r8, r0);
  spentInTicks(a, e);
  beganAt(a, r8, r0);
  a.goto(entered).label(usual);
}

/** The task with the state in r6, which says when, leaves its CPU: if its call went untimed it is not from here on. */
export function leaveInCall(a: Assembler, e: Environment): void {
  if (!sometimes(e)) return;
  const outside = a.fresh("outside");
  const entered = a.fresh("entered");
  a.step("is it in a call");
  valueOfCpu(a, e.maps.quiet!.flight, outside);
  a.mov(r8, r0).store(4, r8, mark.left, 0).load(4, r1, r8, mark.nr).jump("eq", r1, 0, entered);
  becomeTimed(a, e, outside);
  spentInTicks(a, e);
  a.load(8, r8, r6, state.offAt);
  beganAt(a, r8, r0);
  a.label(entered).load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("eq", r2, 0, outside);
  a.or(r1, flags.left).store(4, r6, state.flags, r1).label(outside);
}

/** What the mark in r8 says of the call goes to the state in r6, as if it had been taken at entry. Clobbers r1 to r4. */
function becomeTimed(a: Assembler, e: Environment, none: string): void {
  a.load(4, r1, r8, mark.nr).store(4, r8, mark.nr, 0).sub(r1, 1);
  a.jump("gt", r1, L.COUNTED_CALLS - 1, none)
    .store(4, r6, record + L.call.nr, r1)
    .lsh(r1, 2);
  a.mapValue(r2, e.maps.tables).add(r2, r1).load(2, r1, r2, 0).store(4, r6, state.entryShape, r1);
  a.load(2, r1, r2, 2)
    .store(4, r6, state.shape, r1)
    .store(4, r6, record, L.kinds.call | (L.ABI_X86_64 << 8));
  for (let i = 0; i < 8 * ARGS; i += 8)
    a.load(8, r1, r8, mark.args + i).store(8, r6, record + L.call.args + i, r1);
  a.load(4, r1, r6, state.flags).and(r1, ~L.OF_CALL).or(r1, flags.inCall).store(4, r6, state.flags, r1);
  a.store(4, r6, state.cursor, 0);
}

/** r0 = ns of the ticks that the task's call has seen, 0 when it may have taken less than one. Clobbers r1. */
function spentInTicks(a: Assembler, e: Environment): void {
  const none = a.fresh("none");
  const done = a.fresh("spent");
  a.call("jiffies64").load(4, r1, r6, state.tick).alu32("sub", r0, r1).jump("lt", r0, L.TOLD_TICKS, none);
  a.alu("mul", r0, e.maps.quiet!.tick).goto(done);
  a.label(none).mov(r0, 0).label(done);
}

/** The call began `spent` ns before `now`, which is lost, but not before the task's last one that was timed ended. Clobbers r1. */
function beganAt(a: Assembler, now: Reg, spent: Reg): void {
  const later = a.fresh("later");
  a.sub(now, spent)
    .load(8, r1, r6, record + L.call.time)
    .jump("ge", now, r1, later)
    .mov(now, r1)
    .label(later);
  a.store(8, r6, record + L.call.entry, now);
}
