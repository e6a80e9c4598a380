/**
 * Calls that are counted (-c) and go untimed. Two looks at the clock and two searches for the task's state are most of what a fast
 * call costs then. Once a CPU has timed a thousand calls of one kind, it times one in 16 of those that tasks make that call very
 * often; it stands for the others, which are only counted, and so are their errors. As in untimed.ts a mark of the CPU says who may
 * pass; one that leaves its CPU, or lasts for ticks of the timer, becomes a call like the others then.
 */
import { type Assembler, r0, r1, r2, r6, r7, r8, r9 } from "../asm.ts";
import { count, mark } from "../counts/layout.ts";
import * as L from "../layout.ts";
import { type CountedMaps, type Environment, stateOf, valueOfCpu } from "./common.ts";
import {
  beganAt,
  drawCalls,
  leftInCall,
  markedFor,
  passesMark,
  spentInTicks,
  ticksSince,
  unlessOften,
  unlessPlain,
} from "./marks.ts";
import { rowOf, TS_COMPAT } from "./take.ts";

const { state, flags } = L;
const MAX_ERRNO = 4095;
/** Calls of one kind that a CPU times before any go untimed. */
const ENOUGH = 1000;
/** Of calls that are made very often one in so many. */
const ONE_IN = 16;

/** r0 = this CPU's counts of the call with the number in r8; goes to `none` if there are none. Clobbers r1 to r5. */
function cellOf(a: Assembler, { calls }: CountedMaps, none: string): void {
  a.jump("ge", r8, calls.size, none);
  valueOfCpu(a, calls.map, none);
  a.mov(r1, r8).alu("mul", r1, count.bytes).add(r0, r1);
}

/** At entry, with the context in r9 and the task in r7, which stay: goes to `done` if the mark lets the call pass. */
export function passCounted(a: Assembler, e: Environment, done: string): void {
  const { counted } = e.maps;
  if (!counted) return;
  const usual = a.fresh("usual");
  const whole = a.fresh("whole");
  a.step("does the call go untimed");
  valueOfCpu(a, counted.marks, usual);
  passesMark(a, e, mark, usual);
  a.load(4, r1, r7, e.kernel.status).and(r1, TS_COMPAT).jump("ne", r1, 0, whole);
  a.load(8, r1, r9, 8).jump("gt", r1, L.COUNTED_CALLS - 1, whole);
  for (const exec of e.kernel.execs) a.jump("eq", r1, exec, whole);
  rowOf(a, e, r1, r2);
  a.load(2, r8, r2, 0);
  cellOf(a, counted, whole);
  a.load(8, r1, r0, count.timed).jump("lt", r1, ENOUGH, whole);
  a.load(4, r1, r6, mark.rest).sub(r1, 1).store(4, r6, mark.rest, r1);
  a.add(r8, 1).store(4, r6, mark.call, r8).goto(done);
  // the mark does not know when this one ends
  a.label(whole).store(4, r6, mark.rest, 0).label(usual);
}

/** At entry, with the call's number in r9 and the state in r6: goes to `done` with calls whose time is not taken. */
export function goCounted(a: Assembler, e: Environment, done: string): void {
  const { counted } = e.maps;
  if (!counted) return;
  const timed = a.fresh("timed");
  const drawn = a.fresh("drawn");
  a.step("is the call to be timed");
  unlessPlain(a, timed);
  for (const exec of e.kernel.execs) a.jump("eq", r1, exec, timed);
  unlessOften(a, timed);
  a.mov(r8, r9);
  cellOf(a, counted, timed);
  a.load(8, r1, r0, count.timed).jump("lt", r1, ENOUGH, timed);
  valueOfCpu(a, counted.marks, timed);
  a.mov(r8, r0).load(4, r1, r8, mark.rest).store(4, r8, mark.rest, 0).jump("eq", r1, 1, drawn);
  drawCalls(a, ONE_IN);
  a.jump("eq", r1, 0, drawn).store(4, r8, mark.rest, r1);
  a.load(4, r1, r7, e.kernel.pid).store(4, r8, mark.pid, r1);
  a.load(4, r1, r6, state.tick).store(4, r8, mark.tick, r1);
  // the state is not told of its return
  a.load(4, r1, r6, state.flags).and(r1, ~flags.entered).store(4, r6, state.flags, r1);
  a.mov(r1, r9).add(r1, 1).store(4, r8, mark.call, r1).goto(done).label(drawn);
  a.load(4, r1, r6, state.flags).or(r1, flags.drawn).store(4, r6, state.flags, r1).label(timed);
}

/**
 * At exit, with the task in r7 and what the call returned in r9: one that went untimed is counted and goes to `done`; if ticks tell
 * of its time it goes to `entered`, with its state in r6. Clobbers r8 then.
 */
export function returnCounted(a: Assembler, e: Environment, done: string, entered: string): void {
  const { counted } = e.maps;
  if (!counted) return;
  const usual = a.fresh("usual");
  const told = a.fresh("told");
  const lost = a.fresh("lost");
  a.step("did the call go untimed");
  valueOfCpu(a, counted.marks, usual);
  a.mov(r6, r0);
  markedFor(a, e, r6, mark.call, mark.pid, usual);
  ticksSince(a, mark.tick);
  a.jump("ge", r0, L.TOLD_TICKS, told);
  a.load(4, r8, r6, mark.call).store(4, r6, mark.call, 0).sub(r8, 1);
  cellOf(a, counted, done);
  a.load(8, r1, r0, count.untimed).add(r1, 1).store(8, r0, count.untimed, r1);
  a.jump("sge", r9, 0, done).jump("slt", r9, -MAX_ERRNO, done);
  a.load(8, r1, r0, count.errors).add(r1, 1).store(8, r0, count.errors, r1).goto(done);
  a.label(told).mov(r8, r6);
  stateOf(a, e, r7, lost);
  becomeTimed(a, counted, lost);
  a.call("ktime_get_ns").mov(r8, r0);
  spentInTicks(a, counted.tick);
  beganAt(a, r8, r0);
  a.goto(entered).label(lost).store(4, r8, mark.call, 0).goto(done).label(usual);
}

/** The task in r7 with the state in r6, which says when, leaves its CPU: if its call went untimed it is not from here on. */
export function leaveCounted(a: Assembler, e: Environment): void {
  const { counted } = e.maps;
  if (!counted) return;
  const outside = a.fresh("outside");
  const entered = a.fresh("entered");
  a.step("is it in a call");
  valueOfCpu(a, counted.marks, entered);
  a.mov(r8, r0).store(4, r8, mark.rest, 0);
  // not every switch is told of: it may be that of one before
  markedFor(a, e, r8, mark.call, mark.pid, entered);
  becomeTimed(a, counted, outside);
  spentInTicks(a, counted.tick);
  a.load(8, r8, r6, state.offAt);
  beganAt(a, r8, r0);
  a.label(entered);
  leftInCall(a);
  a.label(outside);
}

/** What the mark in r8 says of the call goes to the state in r6. Clobbers r1. */
function becomeTimed(a: Assembler, { calls }: CountedMaps, none: string): void {
  a.load(4, r1, r8, mark.call).store(4, r8, mark.call, 0).sub(r1, 1);
  a.jump("ge", r1, calls.size, none).store(4, r6, state.shape, r1);
  a.load(4, r1, r6, state.flags).and(r1, ~L.OF_CALL).or(r1, flags.inCall).store(4, r6, state.flags, r1);
}

/**
 * r1 = how many calls the one of r8 ns with the counts at r7 stands for: one that was drawn, stayed on its CPU, and is not longer
 * than they can have been, for those that were not timed. Their count is taken away. `drawn`: its flags. Clobbers r2.
 */
export function standsFor(a: Assembler, counted: CountedMaps, drawn: () => void): void {
  const alone = a.fresh("alone");
  a.step("calls it stands for").mov(r1, 0);
  a.jump("ge", r8, L.TOLD_TICKS * counted.tick, alone);
  drawn();
  a.jump("ne", r2, flags.drawn, alone).load(8, r1, r7, count.untimed).store(8, r7, count.untimed, 0);
  a.label(alone).add(r1, 1);
}
