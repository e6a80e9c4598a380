/** For calls that go untimed, of which a mark of their CPU says all there is to know: which of them are timed, and when those began. */
import { type Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, highestBit } from "./common.ts";

const { state, flags } = L;
const { record } = state;
/** A linear congruential generator modulo 2^32 (Knuth, TAOCP 2, 3.3.4): programs call in patterns, which it must not follow. */
const FACTOR = 1664525;
const SUMMAND = 1013904223;

/**
 * r1 = calls until the next one that is timed, one in `oneIn`, whatever went before: a geometric distribution, from the logarithm of a random number. Clobbers all but r6 to r9.
 */
export function drawCalls(a: Assembler, oneIn: number): void {
  // calls for each 256th of a power of two, times 2^16
  const perLog = Math.round(256 / Math.log2(oneIn / (oneIn - 1)));
  a.load(4, r1, r6, state.random).alu32("mul", r1, FACTOR).alu32("add", r1, SUMMAND);
  a.store(4, r6, state.random, r1).or(r1, 1).mov(r2, r1);
  highestBit(a, r2, r4);
  // 256 times its logarithm: r4 its whole part, r1 = f what is left of it; log2(1 + f) is nearly f + 0.344 f (1 - f)
  a.mov(r3, 32).sub(r3, r4).alu("lsh", r1, r3).mov32(r1, r1).rsh(r1, 24);
  a.mov(r2, 256).sub(r2, r1).alu("mul", r2, r1).alu("mul", r2, 88).rsh(r2, 16);
  a.lsh(r4, 8).add(r1, r4).add(r1, r2);
  a.mov(r3, 32 << 8)
    .sub(r3, r1)
    .alu("mul", r3, perLog)
    .rsh(r3, 16)
    .mov(r1, r3);
}

/** r0 = ticks since the one at r6 + `at`. Clobbers r1 to r5. */
export function ticksSince(a: Assembler, at: number): void {
  a.call("jiffies64").load(4, r1, r6, at).alu32("sub", r0, r1);
}

/** r0 = ns of the ticks that the task's call has seen, 0 when it may have taken less than one. Clobbers r1 to r5. */
export function spentInTicks(a: Assembler, tick: number): void {
  const none = a.fresh("none");
  const done = a.fresh("spent");
  ticksSince(a, state.tick);
  a.jump("lt", r0, L.TOLD_TICKS, none);
  a.alu("mul", r0, tick).goto(done);
  a.label(none).mov(r0, 0).label(done);
}

/** The call began `spent` ns before `now`, which is lost, but not before the task's last one that was timed ended. Clobbers r1. */
export function beganAt(a: Assembler, now: Reg, spent: Reg): void {
  const later = a.fresh("later");
  a.sub(now, spent)
    .load(8, r1, r6, record + L.call.time)
    .jump("ge", now, r1, later)
    .mov(now, r1)
    .label(later);
  a.store(8, r6, record + L.call.entry, now);
}

/** Goes to `not` unless the mark in `mark` says that the task in r7 is in a call, by its fields `call` and `pid`. Clobbers r1 and r2. */
export function markedFor(
  a: Assembler,
  e: Environment,
  mark: Reg,
  call: number,
  pid: number,
  not: string,
): void {
  a.load(4, r1, mark, call).jump("eq", r1, 0, not);
  a.load(4, r1, mark, pid).load(4, r2, r7, e.kernel.pid).jump("ne", r1, r2, not);
}

/** r6 = the mark in r0; goes to `usual` unless the task in r7 may pass by it, in the tick it was made. Clobbers r0 to r2. */
export function passesMark(
  a: Assembler,
  e: Environment,
  mark: { readonly rest: number; readonly pid: number; readonly tick: number },
  usual: string,
): void {
  a.mov(r6, r0).load(4, r1, r6, mark.rest).jump("le", r1, 1, usual);
  a.load(4, r1, r6, mark.pid).load(4, r2, r7, e.kernel.pid).jump("ne", r1, r2, usual);
  a.call("jiffies64").mov32(r0, r0).load(4, r1, r6, mark.tick).jump("ne", r0, r1, usual);
}

/** Goes to `timed` with calls of the state in r6 whose numbers no table holds, and those that have to tell what the scheduler did. Else r1 = number. */
export function unlessPlain(a: Assembler, timed: string): void {
  a.load(4, r1, r6, state.moved).jump("ne", r1, 0, timed);
  a.load(1, r1, r6, record + L.call.abi).jump("ne", r1, L.ABI_X86_64, timed);
  a.load(4, r1, r6, record + L.call.nr).jump("gt", r1, L.COUNTED_CALLS - 1, timed);
}

/** Calls of one task between two ticks that are all timed. */
const ALL_TIMED = 8;

/** Goes to `timed` unless the task with the state in r6 calls very often. Clobbers r0 and r1. */
export function unlessOften(a: Assembler, timed: string): void {
  const same = a.fresh("same-tick");
  a.call("jiffies64").mov32(r0, r0).load(4, r1, r6, state.tick).jump("eq", r0, r1, same);
  a.store(4, r6, state.tick, r0).store(4, r6, state.callsInTick, 1).goto(timed).label(same);
  a.load(4, r1, r6, state.callsInTick).add(r1, 1).store(4, r6, state.callsInTick, r1);
  a.jump("le", r1, ALL_TIMED, timed);
}

/** The task with the state in r6 leaves its CPU: a call that it is in cannot stand for those that did not. Clobbers r1 and r2. */
export function leftInCall(a: Assembler): void {
  const outside = a.fresh("outside");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("eq", r2, 0, outside);
  a.or(r1, flags.left).store(4, r6, state.flags, r1).label(outside);
}
