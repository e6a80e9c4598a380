/**
 * Calls of quiet tasks that go untimed. Looks at the clock, and finding the task's state, are most of what a fast call would
 * cost. A task that makes many calls has one in 32 timed, which stands for those of their number that were not (quiet.ts). For
 * the others a mark of its CPU (layout.ts) says all there is to know; of how long they took only the kernel's tick tells. When
 * such a call turns out to matter, because it leaves its CPU, ticks pass, or its group is not quiet any more, it becomes one
 * like the others: its state is filled from the mark.
 */
import { type Assembler, type Reg, r0, r1, r2, r3, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, stateOf, valueOfCpu } from "./common.ts";
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
import { cellOf, copyToSlot, countError, groupOf, slotOf, slotWritten } from "./quiet.ts";
import { rowOf, TS_COMPAT } from "./take.ts";

const { state, flags, mark } = L;
const { record } = state;
const ARGS = 6;
/** Of calls that are made very often one in so many. */
const ONE_IN = 32;

/** Only then does somebody note when the task leaves its CPU, and asks nobody how long a call took, or where it came from. */
const sometimes = ({ maps, options }: Environment): boolean =>
  maps.quiet !== undefined &&
  options.scheduling &&
  !options.entries &&
  !options.pointers &&
  options.slowerThan === 0 &&
  !options.status;

/**
 * Goes to `none` with calls that have to be seen from their entry on: those that exec, and those of which something is read there,
 * to whose reads `shape` is the number, unless that is where a NULL points. `args`: where their arguments are. Clobbers r2.
 */
function unlessRead(a: Assembler, e: Environment, nr: Reg, shape: Reg, args: Args, none: string): void {
  const nothing = a.fresh("nothing");
  for (const exec of e.kernel.execs) a.jump("eq", nr, exec, none);
  a.jump("eq", shape, 0, nothing);
  for (const number of e.shapes.frequent.entry) {
    const [read, ...more] = e.shapes.entry[number];
    if (more.length > 0 || read?.op !== "bytes" || !("arg" in read.at)) continue;
    const other = a.fresh("other");
    a.jump("ne", shape, number, other).load(8, r2, args.base, args.offsets[read.at.arg]);
    a.jump("eq", r2, 0, nothing).label(other);
  }
  a.goto(none).label(nothing);
}

interface Args {
  readonly base: Reg;
  readonly offsets: readonly number[];
}

/** At entry, before anything is known but the context in r9 and the task in r7, which stay: goes to `done` if the mark lets it. */
export function passUntimed(a: Assembler, e: Environment, done: string): void {
  if (!sometimes(e)) return;
  const { kernel, maps } = e;
  const usual = a.fresh("usual");
  const whole = a.fresh("whole");
  a.step("does the call go untimed");
  valueOfCpu(a, maps.quiet!.flight, usual);
  passesMark(a, e, mark, usual);
  groupOf(a, e, mark.group, whole);
  a.load(8, r1, r2, L.quiet.sparing).jump("eq", r1, 0, whole);
  a.load(4, r1, r7, kernel.status).and(r1, TS_COMPAT).jump("ne", r1, 0, whole);
  a.load(8, r3, r9, 8)
    .load(8, r8, r9, 0)
    .jump("gt", r3, L.COUNTED_CALLS - 1, whole);
  a.mov(r1, r3);
  rowOf(a, e, r1, r2);
  a.load(2, r1, r2, 0);
  unlessRead(a, e, r3, r1, { base: r8, offsets: kernel.args }, whole);
  a.load(4, r1, r6, mark.rest).sub(r1, 1).store(4, r6, mark.rest, r1);
  for (const [i, at] of kernel.args.entries()) a.load(8, r1, r8, at).store(8, r6, mark.args + 8 * i, r1);
  // last: user space may look
  a.add(r3, 1).store(4, r6, mark.nr, r3).goto(done);
  // the mark does not know when this one ends
  a.label(whole).store(4, r6, mark.rest, 0).label(usual);
}

/**
 * At entry, with the number of the reads in r9, which stays: goes to `done` with calls whose time is not taken, which the state
 * in r6 knows nothing of. One that is timed by chance stands for those.
 */
export function goUntimed(a: Assembler, e: Environment, done: string): void {
  if (!sometimes(e)) return;
  const timed = a.fresh("timed");
  const drawn = a.fresh("drawn");
  a.step("is the call to be timed");
  unlessPlain(a, timed);
  const offsets = Array.from({ length: ARGS }, (_, i) => record + L.call.args + 8 * i);
  unlessRead(a, e, r1, r9, { base: r6, offsets }, timed);
  groupOf(a, e, state.group, timed);
  a.load(8, r1, r2, L.quiet.sparing).jump("eq", r1, 0, timed);
  unlessOften(a, timed);
  valueOfCpu(a, e.maps.quiet!.flight, timed);
  a.mov(r8, r0).load(4, r1, r8, mark.rest).store(4, r8, mark.rest, 0).jump("eq", r1, 1, drawn);
  drawCalls(a, ONE_IN);
  a.jump("eq", r1, 0, drawn).store(4, r8, mark.rest, r1);
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
  // the state is not told of its return
  a.load(4, r1, r6, state.flags).and(r1, ~flags.entered).store(4, r6, state.flags, r1);
  a.load(4, r1, r6, record + L.call.nr)
    .add(r1, 1)
    .store(4, r8, mark.nr, r1)
    .goto(done)
    .label(drawn);
  a.load(4, r1, r6, state.flags).or(r1, flags.drawn).store(4, r6, state.flags, r1).label(timed);
}

/**
 * At exit, with the task in r7 and what the call returned in r9: one that went untimed is counted and goes to `done`; if its
 * time is wanted by now it goes to `entered`, with its state in r6.
 */
export function returnUntimed(a: Assembler, e: Environment, done: string, entered: string): void {
  if (!sometimes(e)) return;
  const usual = a.fresh("usual");
  const told = a.fresh("told");
  const lost = a.fresh("lost");
  const noted = a.fresh("noted");
  a.step("did the call go untimed");
  valueOfCpu(a, e.maps.quiet!.flight, usual);
  a.mov(r6, r0);
  markedFor(a, e, r6, mark.nr, mark.pid, usual);
  ticksSince(a, mark.tick);
  a.jump("ge", r0, L.TOLD_TICKS, told);
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
    [L.slot.group, mark.group, 2],
    [L.slot.args, mark.args, 8],
    [L.slot.args + 8, mark.args + 8, 8],
    [L.slot.args + 16, mark.args + 16, 8],
  ]);
  a.store(8, r2, L.flight.stage + L.slot.duration, 0)
    .store(8, r2, L.flight.stage + L.slot.ret, r9)
    .store(2, r2, L.flight.stage + L.slot.nr, r7);
  slotWritten(a, e, r6);
  a.goto(done);
  a.label(told).mov(r8, r6);
  stateOf(a, e, r7, lost);
  becomeTimed(a, e, lost);
  a.call("ktime_get_ns").mov(r8, r0);
  spentInTicks(a, e.maps.quiet!.tick);
  beganAt(a, r8, r0);
  a.goto(entered).label(lost).store(4, r8, mark.nr, 0).goto(done).label(usual);
}

/** The task in r7 with the state in r6, which says when, leaves its CPU: if its call went untimed it is not from here on. */
export function leaveInCall(a: Assembler, e: Environment): void {
  if (!sometimes(e)) return;
  const outside = a.fresh("outside");
  const entered = a.fresh("entered");
  a.step("is it in a call");
  valueOfCpu(a, e.maps.quiet!.flight, entered);
  a.mov(r8, r0).store(4, r8, mark.rest, 0);
  // not every switch is told of: it may be that of one before
  markedFor(a, e, r8, mark.nr, mark.pid, entered);
  becomeTimed(a, e, outside);
  spentInTicks(a, e.maps.quiet!.tick);
  a.load(8, r8, r6, state.offAt);
  beganAt(a, r8, r0);
  a.label(entered);
  leftInCall(a);
  a.label(outside);
}

/** What the mark in r8 says of the call goes to the state in r6: nothing was to be read at its entry. Clobbers r1 and r2. */
function becomeTimed(a: Assembler, e: Environment, none: string): void {
  a.load(4, r1, r8, mark.nr).store(4, r8, mark.nr, 0).sub(r1, 1);
  a.jump("gt", r1, L.COUNTED_CALLS - 1, none).store(4, r6, record + L.call.nr, r1);
  rowOf(a, e, r1, r2);
  a.load(2, r1, r2, 2)
    .store(4, r6, state.shape, r1)
    .store(4, r6, record, L.kinds.call | (L.ABI_X86_64 << 8));
  for (let i = 0; i < 8 * ARGS; i += 8)
    a.load(8, r1, r8, mark.args + i).store(8, r6, record + L.call.args + i, r1);
  a.load(4, r1, r6, state.flags).and(r1, ~L.OF_CALL).or(r1, flags.inCall).store(4, r6, state.flags, r1);
  a.store(4, r6, state.cursor, 0);
}
