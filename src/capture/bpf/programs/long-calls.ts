/**
 * Where only slow calls are wanted, returns of fast ones need not be seen: the tracepoint at every return costs as much as the
 * one at every entry. A call's return is seen from when it has reached an age on, short of what is asked for. Two look at the
 * age: a program at the scheduler's last tracepoint, of a task that gets its CPU back in the middle of a call, and a timer of
 * each CPU on which followed tasks run, of the call it interrupts. Then the kernel is asked to call back before the task returns
 * to user mode (bpf_task_work_schedule_resume, 6.18).
 *
 * A task that is not in the kernel any more has no call. While it is, the registers it entered with say which: orig_ax is the
 * call's number, -1 for interrupts and exceptions, and ax is -ENOSYS until the call has returned
 * (arch/x86/entry/entry_64.S). They are compared with those of the last call that began, as one that waits for a seccomp
 * supervisor or a debugger before it begins is none yet.
 *
 * Some calls do what is to be done before their task returns while they wait (io_uring_enter, KVM_RUN). That is told of, and user
 * space then has every return seen; so it does for a call that returns -ENOSYS and seems to go on.
 *
 * sched_exit is told by the task that goes on, with no lock held; sched_switch, by the one before it, with locks a timer needs, and
 * there are kernels that do not tell of every switch.
 */
import { Assembler, type Reg, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { afterReturn } from "./calls.ts";
import { currentState, type Environment, type LongMaps, valueAt, valueOfCpu } from "./common.ts";
import { countSent, sendSmall, smallHead } from "./send.ts";

const { state, flags, watch } = L;
const { record } = state;

const EBUSY = 16;
const ENOSYS = 38;
const CLOCK_MONOTONIC = 1;
const TIMER_ABS = 1;
const TIMER_CPU_PIN = 2;
const NOEXIST = 1;
const KEY = -16;
const EMPTY = -8;

/** At the end of sys_enter: a timer will look at the call should it stay on this CPU. Clobbers r0 to r5. */
export function watchCall(a: Assembler, { maps }: Environment): void {
  if (!maps.long) return;
  const watched = a.fresh("watched");
  a.step("is there a timer");
  valueOfCpu(a, maps.long.watches, watched);
  a.load(8, r1, r0, watch.due).jump("ne", r1, 0, watched);
  a.load(8, r1, r0, watch.ready).jump("eq", r1, 0, watched);
  a.load(8, r2, r6, record + L.call.entry).add(r2, maps.long.age);
  startTimer(a, r0, r2);
  a.label(watched);
}

/** Has the timer of the watch in `value` look at the time in `due`. Clobbers r0 to r5. */
function startTimer(a: Assembler, value: Reg, due: Reg): void {
  a.store(8, value, watch.due, due).mov(r1, value).mov(r2, due);
  a.mov(r3, TIMER_ABS | TIMER_CPU_PIN).call("timer_start");
}

/** `returned` is to be called before the task in r7, with the state in r6, goes back to user mode. Clobbers all but r6 to r8. */
function arm(a: Assembler, e: Environment, long: LongMaps): void {
  const known = a.fresh("known");
  const asked = a.fresh("asked");
  const failed = a.fresh("failed");
  const armed = a.fresh("armed");
  const find = () => a.map(r1, long.returns).mov(r2, r10).add(r2, KEY).call("map_lookup_elem");
  a.step("are all returns seen").mapValue(r1, e.maps.config).load(4, r1, r1, L.config.allReturns);
  a.jump("ne", r1, 0, armed);
  a.step("ask to be called back").load(4, r1, r7, e.kernel.pid).store(4, r10, KEY, r1);
  find();
  a.jump("ne", r0, 0, known).store(8, r10, EMPTY, 0);
  a.map(r1, long.returns).mov(r2, r10).add(r2, KEY).mov(r3, r10).add(r3, EMPTY).mov(r4, NOEXIST);
  a.call("map_update_elem");
  find();
  a.jump("eq", r0, 0, failed).label(known);
  a.mov(r1, r7).mov(r2, r0).map(r3, long.returns).functionAddress(r4, "returned").mov(r5, 0);
  a.callKernel(long.schedule).mov32(r0, r0);
  a.jump("eq", r0, 0, asked).jump32("ne", r0, -EBUSY, failed).label(asked);
  a.load(4, r1, r6, state.flags).or(r1, flags.armed).store(4, r6, state.flags, r1);
  a.store(8, r6, state.offAt, 0).load(8, r1, r7, e.kernel.waited).store(8, r6, state.queued, r1).goto(armed);
  // as if its record had found no room
  a.label(failed).step("a return that will not be seen").mov(r0, -1);
  countSent(a, e, true);
  a.label(armed);
}

/** Goes on if the task in r7 is in the middle of the call in the state in r6, else to `outside`. Clobbers r0 to r5. */
export function insideCall(a: Assembler, e: Environment, outside: string): void {
  const { kernel } = e;
  const inside = a.fresh("inside");
  a.mov(r1, r7).call("task_pt_regs").load(8, r1, r0, kernel.origAx).jump("slt", r1, 0, outside);
  a.load(8, r2, r0, kernel.ax).jump("ne", r2, -ENOSYS, outside);
  a.load(1, r2, r6, record + L.call.abi).jump("ne", r2, L.ABI_X86_64, inside);
  a.load(4, r2, r6, record + L.call.nr).jump32("ne", r1, r2, outside);
  for (const [i, at] of kernel.args.entries())
    a.load(8, r1, r0, at)
      .load(8, r2, r6, record + L.call.args + 8 * i)
      .jump("ne", r1, r2, outside);
  a.label(inside);
}

/** sched_exit(is_switch): the current task has its CPU back. */
export function goesOn(e: Environment): Assembler {
  const long = e.maps.long!;
  const a = new Assembler("sched_exit_tp");
  a.step("the task that goes on");
  currentState(a, e, "stranger");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.armed).jump("ne", r2, 0, "armed");
  a.and(r1, flags.inCall).jump("eq", r1, 0, "out");
  a.step("is the call old").call("ktime_get_ns").mov(r9, r0);
  a.load(8, r8, r6, record + L.call.entry)
    .add(r8, long.age)
    .jump("le", r8, r9, "old");
  a.step("will the timer look in time");
  valueOfCpu(a, long.watches, "out");
  a.load(8, r1, r0, watch.ready).jump("eq", r1, 0, "out");
  a.load(8, r1, r0, watch.due).jump("le", r1, r9, "start").jump("le", r1, r8, "out").label("start");
  startTimer(a, r0, r8);
  a.goto("out").label("old");
  insideCall(a, e, "out");
  arm(a, e, long);
  a.goto("out");
  stillArmed(a, e, "out");
  a.label("stranger").load(4, r1, r7, e.kernel.tgid).jump("ne", r1, long.ownPid, "out");
  makeTimers(a, long, "out");
  a.label("out").mov(r0, 0).exit();
  look(a, e, long);
  returned(a, e, long);
  return a;
}

/** A call whose return will be seen may have returned before its task lost the CPU: then it did as long ago as that had to wait. */
function stillArmed(a: Assembler, e: Environment, out: string): void {
  const { waited } = e.kernel;
  a.label("armed").load(8, r1, r6, state.offAt).jump("ne", r1, 0, out);
  a.step("has its call returned").mov(r1, r7).call("task_pt_regs");
  a.load(8, r8, r7, waited).load(8, r9, r6, state.queued).store(8, r6, state.queued, r8);
  a.load(8, r1, r0, e.kernel.ax).jump("eq", r1, -ENOSYS, out);
  a.call("ktime_get_ns").sub(r8, r9).sub(r0, r8).store(8, r6, state.offAt, r0).goto(out);
}

/** Makes the timers of all CPUs. Clobbers all but r6 and r7. */
function makeTimers(a: Assembler, long: LongMaps, none: string): void {
  a.step("the timers").mov(r9, 0).label("timer").jump("ge", r9, long.watches.maxEntries, none);
  valueAt(a, long.watches, r9, none);
  a.mov(r8, r0).load(8, r1, r8, watch.ready).jump("ne", r1, 0, "made");
  a.mov(r1, r8).map(r2, long.watches).mov(r3, CLOCK_MONOTONIC).call("timer_init").jump("ne", r0, 0, none);
  a.mov(r1, r8).functionAddress(r2, "look").call("timer_set_callback").jump("ne", r0, 0, none);
  a.store(8, r8, watch.ready, 1).label("made").add(r9, 1).goto("timer");
}

/** The timer: is whoever it interrupts in a call that takes long. */
function look(a: Assembler, e: Environment, long: LongMaps): void {
  a.function("look").mov(r8, r3);
  currentState(a, e, "look.off");
  a.call("ktime_get_ns").mov(r9, r0);
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("eq", r2, 0, "look.later");
  a.and(r1, flags.armed).jump("ne", r1, 0, "look.later");
  a.load(8, r1, r6, record + L.call.entry)
    .add(r1, long.age)
    .jump("gt", r1, r9, "look.then");
  insideCall(a, e, "look.later");
  arm(a, e, long);
  a.label("look.later")
    .step("look later")
    .call("ktime_get_ns")
    .mov(r9, r0)
    .add(r9, long.age)
    .goto("look.start");
  a.label("look.then").mov(r9, r1).label("look.start");
  startTimer(a, r8, r9);
  a.mov(r0, 0).exit();
  a.label("look.off").store(8, r8, watch.due, 0).mov(r0, 0).exit();
}

/** Before a task returns to user mode. */
function returned(a: Assembler, e: Environment, long: LongMaps): void {
  a.function("returned");
  // the key may be a pid that an exec has taken from the task
  a.load(4, r1, r2, 0)
    .store(4, r10, KEY, r1)
    .map(r1, long.returns)
    .mov(r2, r10)
    .add(r2, KEY)
    .call("map_delete_elem");
  currentState(a, e, "out.returned");
  a.load(4, r1, r6, state.flags).and(r1, ~flags.armed).store(4, r6, state.flags, r1);
  a.and(r1, flags.inCall).jump("eq", r1, 0, "out.returned");
  a.mov(r1, r7).call("task_pt_regs").load(8, r1, r0, e.kernel.ax).jump("ne", r1, -ENOSYS, "returned.yes");
  a.step("it may not have returned");
  smallHead(a, L.kinds.unseen, L.unseen.bytes);
  sendSmall(a, e, L.unseen.bytes);
  a.goto("out.returned").label("returned.yes");
  a.store(8, r6, record + L.call.ret, r1)
    .load(8, r8, r6, state.offAt)
    .jump("ne", r8, 0, "returned.before");
  a.call("ktime_get_ns").mov(r8, r0).goto("returned.at").label("returned.before");
  a.step("it was asked for before the call began").load(8, r1, r6, record + L.call.entry);
  a.jump("ge", r8, r1, "returned.at").mov(r8, r1);
  a.label("returned.at").store(8, r6, record + L.call.time, r8);
  afterReturn(a, e, "out.returned");
}
