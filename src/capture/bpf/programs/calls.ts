/** sys_enter and sys_exit: every call of every followed task goes through here. */
import { Assembler, r0, r1, r2, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { currentState, currentTask, type Environment, NO_RETURN, stateOf, UNWANTED } from "./common.ts";
import { beginCall, enterCall, withoutCall } from "./enter.ts";
import { watchCall } from "./long-calls.ts";
import { countQuietly } from "./quiet.ts";
import { schedulingAtEntry, schedulingAtExit, schedulingTold } from "./scheduling.ts";
import { sendCall } from "./send.ts";
import { CONTEXT, compatElsewhere, lookUp, readShapes, takeCall } from "./take.ts";
import { goUntimed, returnUntimed } from "./untimed.ts";

const MAX_ERRNO = 4095;

const { state, flags, kinds } = L;
const { record } = state;

export function sysEnter(e: Environment): Assembler {
  const { options } = e;
  const a = new Assembler("sys_enter");
  a.store(8, r10, CONTEXT, r1);
  enterCall(a, e);
  a.step("is the call wanted");
  lookUp(a, e);
  a.jump("eq", r9, UNWANTED, "out");
  a.store(4, r6, state.shape, r2).store(4, r6, state.entryShape, r9);
  if (options.scheduling) schedulingAtEntry(a, e);
  goUntimed(a, e, "out");
  beginCall(a);
  a.store(8, r6, record + L.call.time, r0);
  a.jump("eq", r9, NO_RETURN, "no-return");
  watchCall(a, e);
  compatElsewhere(a, e.maps.compatEntry, "read");
  readEntry(a, e);
  a.goto("out");
  a.label("no-return").step("a call that does not return");
  a.store(8, r6, record + L.call.ret, 0).store(2, r6, record + L.call.flags, L.callFlags.unfinished);
  if (options.slowerThan === 0) sendCall(a, e);
  a.load(4, r1, r6, state.flags).and(r1, ~flags.inCall).store(4, r6, state.flags, r1);
  a.label("out").mov(r0, 0).exit();
  return a;
}

function readEntry(a: Assembler, e: Environment): void {
  readShapes(a, e.shapes.entry, e.shapes.frequent.entry, L.segmentFlags.entry, "entry", "read");
  if (!e.options.entries) return;
  a.step("tell of the entry").store(1, r6, record, kinds.entry);
  sendCall(a, e);
  a.store(1, r6, record, kinds.call);
}

/** The rest of sys_enter for 32-bit calls, with their shapes in the environment. */
export function compatEnter(e: Environment): Assembler {
  const a = new Assembler("sys_enter");
  currentState(a, e, "out");
  a.load(4, r9, r6, state.entryShape);
  readEntry(a, e);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** The rest of sys_exit for 32-bit calls. */
export function compatExit(e: Environment): Assembler {
  const a = new Assembler("sys_exit");
  currentState(a, e, "out");
  a.load(4, r9, r6, state.shape);
  readExit(a, e);
  a.label("out").mov(r0, 0).exit();
  return a;
}

export function sysExit(e: Environment): Assembler {
  const { options } = e;
  const a = new Assembler("sys_exit");
  a.step("is the task in a call").store(8, r10, CONTEXT, r1).load(8, r8, r1, 0).load(8, r9, r1, 8);
  currentTask(a, e, "out");
  returnUntimed(a, e, "out", "entered");
  stateOf(a, e, r7, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("ne", r2, 0, "entered");
  withoutCall(a, "out");
  a.store(8, r6, record + L.call.ret, r9);
  takeCall(a, e, true);
  lookUp(a, e);
  a.jump("eq", r9, UNWANTED, "leave").store(4, r6, state.shape, r2);
  a.load(4, r1, r6, state.flags).and(r1, flags.found).jump("ne", r1, 0, "found");
  a.step("a call that was refused");
  if (options.scheduling) schedulingAtEntry(a, e);
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.entry, r0)
    .goto("returned");
  a.label("found").step("a call under way when we attached");
  a.store(2, r6, record + L.call.flags, L.callFlags.noEntry).store(8, r6, record + L.call.entry, 0);
  a.goto("returned");
  a.label("entered").store(8, r6, record + L.call.ret, r9);
  a.label("returned")
    .call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0);
  if (options.scheduling) schedulingAtExit(a, e);
  afterReturn(a, e, "out");
  return a;
}

/** The call in r6 has returned, when and what is in its record: to its end, and that of the function at `out`. */
export function afterReturn(a: Assembler, e: Environment, out: string): void {
  const { options } = e;
  diedInCall(a, e);
  a.step("the command's exec failed").load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.starting);
  a.jump("eq", r2, 0, "kept")
    .load(8, r2, r6, record + L.call.ret)
    .jump("sge", r2, 0, "kept");
  a.or(r1, flags.hidden).store(4, r6, state.flags, r1).label("kept");
  if (options.slowerThan > 0) {
    a.step("is the call slow")
      .load(8, r2, r6, record + L.call.entry)
      .jump("eq", r2, 0, "leave");
    a.load(8, r0, r6, record + L.call.time)
      .sub(r0, r2)
      .constant(r1, options.slowerThan)
      .jump("lt", r0, r1, "leave");
  }
  if (options.status) {
    a.step("did the call fail").load(8, r1, r6, record + L.call.ret);
    if (options.status === "failed") a.jump("sge", r1, 0, "leave").jump("slt", r1, -MAX_ERRNO, "leave");
    else a.jump("sge", r1, 0, "fine").jump("sge", r1, -MAX_ERRNO, "leave").label("fine");
  }
  countQuietly(a, e, "leave");
  a.load(4, r9, r6, state.shape);
  // what is called back cannot jump to another program
  if (e.maps.long) a.load(1, r1, r6, record + L.call.abi).jump("ne", r1, L.ABI_X86_64, "read");
  else compatElsewhere(a, e.maps.compatExit, "read");
  readExit(a, e);
  a.goto(out).label("leave");
  leaveCall(a, e);
  a.label(out).mov(r0, 0).exit();
}

const EINTR = 4;
const ERESTARTSYS = 512;
const ERESTART_RESTARTBLOCK = 516;
const SIGKILL = 9;

/**
 * A call that was cut short because its task is to die does not return, though the kernel goes through the motions.
 * A signal that is not SIGKILL ends a traced task after its call has returned.
 */
function diedInCall(a: Assembler, e: Environment): void {
  const { kernel } = e;
  a.step("is the task to die").load(8, r1, r6, record + L.call.ret);
  a.jump("sge", r1, 0, "lives").jump("eq", r1, -EINTR, "cut");
  a.jump("sgt", r1, -ERESTARTSYS, "lives").jump("slt", r1, -ERESTART_RESTARTBLOCK, "lives");
  a.label("cut")
    .call("get_current_task_btf")
    .load(8, r1, r0, kernel.pending)
    .and(r1, 1 << (SIGKILL - 1));
  a.jump("eq", r1, 0, "lives").load(8, r1, r0, kernel.signal).load(4, r1, r1, kernel.groupExitCode);
  a.and(r1, 0x7f).jump("eq", r1, 0, "dies").jump("ne", r1, SIGKILL, "lives");
  a.label("dies")
    .load(2, r1, r6, record + L.call.flags)
    .or(r1, L.callFlags.unfinished);
  a.store(2, r6, record + L.call.flags, r1).label("lives");
}

function readExit(a: Assembler, e: Environment): void {
  readShapes(a, e.shapes.exit, e.shapes.frequent.exit, 0, "exit", "read");
  sendCall(a, e);
  leaveCall(a, e);
}

function leaveCall(a: Assembler, e: Environment): void {
  if (e.options.scheduling) schedulingTold(a, e);
  a.load(4, r1, r6, state.flags).and(r1, ~L.OF_CALL).store(4, r6, state.flags, r1);
}
