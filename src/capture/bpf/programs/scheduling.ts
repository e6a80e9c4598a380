/**
 * What the scheduler does with followed tasks: asleep, waiting for a CPU, woken by whom. How long a task slept is known when it is
 * woken, and how long it waited for CPUs the kernel counts itself (struct sched_info, run_delay). So it need not be seen to get
 * its CPU back: there are kernels that do not tell of every switch, as to and from a CPU's idle task and what the machine's own
 * provider runs. That one went to sleep unseen is told by the kernel's count of voluntary switches.
 */
import { Assembler, r0, r1, r2, r6, r7, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, findState, numberOf } from "./common.ts";
import { leaveCounted } from "./counted.ts";
import { leaveInCall } from "./untimed.ts";

const { state } = L;
const { record } = state;
/** Of a task that has left its CPU, or did so last. */
const RUNNABLE = 1;
const BLOCKED = 2;
/** It has slept, but when is not known. */
const UNSEEN = 3;

/*
 * Most calls stay on their CPU, and so does what lies between them: as long as `moved` is 0 all facts are 0, and the totals
 * are those of the entry and the exit before.
 */

/** r2 = ns for which the current task has waited for CPUs. Clobbers r0 to r5. */
function queuedSoFar(a: Assembler, { kernel }: Environment): void {
  if (kernel.waited < 0) a.mov(r2, 0);
  else a.call("get_current_task_btf").load(8, r2, r0, kernel.waited);
}

/** Takes the totals as those `now`, and what they are more than those `then` as facts. The task is on its CPU. Clobbers r0 to r5. */
function account(a: Assembler, e: Environment, now: Totals, then: Totals, more: Totals): void {
  queuedSoFar(a, e);
  a.store(8, r6, now.queued, r2).load(8, r1, r6, then.queued).sub(r2, r1);
  a.store(8, r6, state.facts + more.queued, r2);
  a.load(8, r2, r6, state.blocked).store(8, r6, now.blocked, r2).load(8, r1, r6, then.blocked).sub(r2, r1);
  a.store(8, r6, state.facts + more.blocked, r2);
}

interface Totals {
  readonly blocked: number;
  readonly queued: number;
}

const atEntry: Totals = { blocked: state.entryBlocked, queued: state.entryQueued };
const atExit: Totals = { blocked: state.exitBlocked, queued: state.exitQueued };

/** Clobbers r0 to r5. */
export function schedulingAtEntry(a: Assembler, e: Environment): void {
  const still = a.fresh("still");
  a.step("scheduling before the call").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  account(a, e, atEntry, atExit, { blocked: L.facts.gapBlocked, queued: L.facts.gapQueued });
  a.store(4, r6, state.waker, 0).store(4, r6, state.offState, RUNNABLE).label(still);
}

/** With the task in r7, and in its record when the call began and returned. Clobbers r0 to r5. */
export function schedulingAtExit(a: Assembler, e: Environment): void {
  const { facts } = state;
  const still = a.fresh("still");
  const seen = a.fresh("seen");
  const within = a.fresh("within");
  const told = a.fresh("told");
  a.step("has the task slept unseen");
  a.load(8, r1, r7, e.kernel.sleeps).add(r1, 1).load(8, r2, r6, state.sleeps).jump("eq", r1, r2, seen);
  a.store(8, r6, state.sleeps, r1).jump("eq", r2, 0, seen);
  a.store(4, r6, state.offState, UNSEEN).load(4, r1, r6, state.moved).jump("ne", r1, 0, seen);
  a.store(4, r6, state.moved, 1);
  // where it was never noted how long it had waited for CPUs, that was before
  a.load(8, r1, r6, state.entryQueued).jump("ne", r1, 0, seen);
  queuedSoFar(a, e);
  for (const { queued } of [atEntry, atExit]) a.store(8, r6, queued, r2);
  a.label(seen).step("scheduling during the call").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  account(a, e, atExit, atEntry, { blocked: L.facts.blocked, queued: L.facts.queued });
  a.load(4, r1, r6, state.offState).jump("eq", r1, RUNNABLE, told).store(4, r6, state.offState, RUNNABLE);
  a.step("then all but waiting for the CPU is taken for sleep");
  a.load(8, r1, r6, record + L.call.time)
    .load(8, r2, r6, record + L.call.entry)
    .jump("eq", r2, 0, told);
  a.sub(r1, r2)
    .load(8, r2, r6, facts + L.facts.queued)
    .jump("ge", r1, r2, within)
    .store(8, r6, facts + L.facts.queued, r1)
    .goto(told);
  a.label(within).sub(r1, r2);
  a.load(8, r2, r6, facts + L.facts.blocked).jump("le", r1, r2, told);
  a.store(8, r6, facts + L.facts.blocked, r1)
    .sub(r1, r2)
    .load(8, r2, r6, state.blocked)
    .add(r2, r1);
  a.store(8, r6, state.blocked, r2).store(8, r6, state.exitBlocked, r2).label(told);
  a.load(4, r1, r6, state.waker)
    .store(4, r6, state.facts + L.facts.waker, r1)
    .label(still);
}

/** The facts have been told: what comes next begins where they end. Clobbers r0 to r5. */
export function schedulingTold(a: Assembler, e: Environment): void {
  const still = a.fresh("still");
  a.step("scheduling told").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  a.store(4, r6, state.moved, 0).store(4, r6, state.waker, 0);
  queuedSoFar(a, e);
  a.load(8, r1, r6, state.blocked);
  for (const { blocked, queued } of [atEntry, atExit]) a.store(8, r6, blocked, r1).store(8, r6, queued, r2);
  for (let at = L.facts.waker & ~7; at < L.facts.ip; at += 8) a.store(8, r6, state.facts + at, 0);
  a.label(still);
}

/** sched_switch(preempt, prev, next, prev_state). */
export function schedSwitch(e: Environment): Assembler {
  const { waited, offState } = e.kernel;
  const a = new Assembler("sched_switch");
  a.mov(r9, r1).step("the task that leaves the CPU").load(8, r7, r9, 8);
  findState(a, e, r7, "out");
  a.call("ktime_get_ns").store(8, r6, state.offAt, r0);
  // it was woken unseen: with what is not the kernel's count the return will tell
  a.load(4, r1, r6, state.offState).jump("ne", r1, BLOCKED, "woken").load(8, r1, r6, state.sleeps);
  a.sub(r1, 1).store(8, r6, state.sleeps, r1).label("woken");
  a.store(4, r6, state.offState, RUNNABLE).load(4, r1, r6, state.moved).jump("ne", r1, 0, "moved");
  a.store(4, r6, state.moved, 1);
  if (waited >= 0)
    a.load(8, r1, r7, waited).store(8, r6, state.entryQueued, r1).store(8, r6, state.exitQueued, r1);
  a.label("moved");
  leaveInCall(a, e);
  leaveCounted(a, e);
  a.load(1, r1, r9, 0).jump("ne", r1, 0, "out");
  if (offState < 0) a.load(4, r1, r9, 24);
  else a.load(4, r1, r7, offState);
  a.jump("eq", r1, 0, "out").store(4, r6, state.offState, BLOCKED);
  a.load(8, r1, r7, e.kernel.sleeps).load(8, r2, r6, state.sleeps).jump("ne", r1, r2, "out");
  a.add(r1, 1).store(8, r6, state.sleeps, r1);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** In the preempt count: an interrupt is being handled. Softirqs are not meant, which are the sender's own work on the loopback interface. */
const INTERRUPTED = 0xff0000;

/**
 * sched_waking(task): in the context of the waker, or of whatever an interrupt interrupted. There are kernels that know the preempt
 * count, but do not say where it is (CONFIG_KALLSYMS_ALL): then that one is taken for the waker, too.
 */
export const schedWaking = (e: Environment): Assembler[] =>
  (e.kernel.preemption ? [e.kernel.preemption, undefined] : [undefined]).map((p) => waking(e, p));

function waking(e: Environment, preemption: Environment["kernel"]["preemption"]): Assembler {
  const a = new Assembler("sched_waking");
  a.load(8, r7, r1, 0);
  findState(a, e, r7, "out");
  a.load(4, r1, r6, state.offState).jump("ne", r1, BLOCKED, "out");
  a.store(4, r6, state.offState, RUNNABLE);
  a.call("ktime_get_ns").load(8, r1, r6, state.offAt).sub(r0, r1);
  a.load(8, r1, r6, state.blocked).add(r1, r0).store(8, r6, state.blocked, r1);
  a.store(4, r6, state.waker, 0);
  if (preemption)
    a.variable(r1, preemption.variable)
      .call("this_cpu_ptr")
      .load(4, r1, r0, preemption.at)
      .and(r1, INTERRUPTED)
      .jump("ne", r1, 0, "out");
  a.call("get_current_task_btf");
  numberOf(a, e, r0, "out");
  a.store(4, r6, state.waker, r1);
  a.label("out").mov(r0, 0).exit();
  return a;
}
