/** What the scheduler does with followed tasks: asleep, waiting for a CPU, woken by whom. */
import { Assembler, r0, r1, r2, r3, r4, r6, r7, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, findState } from "./common.ts";
import { leaveInCall } from "./untimed.ts";

const { state } = L;

/*
 * Most calls stay on their CPU, and so does what lies between them: as long as `moved` is 0 all facts are 0, and the totals
 * are those of the entry and the exit before.
 */

export function schedulingAtEntry(a: Assembler): void {
  const still = a.fresh("still");
  a.step("scheduling before the call").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  for (const [total, entry, exit, gap] of [
    [state.blocked, state.entryBlocked, state.exitBlocked, L.facts.gapBlocked],
    [state.queued, state.entryQueued, state.exitQueued, L.facts.gapQueued],
  ] as const) {
    a.load(8, r1, r6, total).store(8, r6, entry, r1).load(8, r2, r6, exit).sub(r1, r2);
    a.store(8, r6, state.facts + gap, r1);
  }
  a.store(4, r6, state.waker, 0).label(still);
}

export function schedulingAtExit(a: Assembler): void {
  const still = a.fresh("still");
  a.step("scheduling during the call").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  for (const [total, entry, exit, during] of [
    [state.blocked, state.entryBlocked, state.exitBlocked, L.facts.blocked],
    [state.queued, state.entryQueued, state.exitQueued, L.facts.queued],
  ] as const) {
    a.load(8, r1, r6, total).store(8, r6, exit, r1).load(8, r2, r6, entry).sub(r1, r2);
    a.store(8, r6, state.facts + during, r1);
  }
  a.load(4, r1, r6, state.waker)
    .store(4, r6, state.facts + L.facts.waker, r1)
    .label(still);
}

/** The facts have been told: what comes next begins where they end. */
export function schedulingTold(a: Assembler): void {
  const still = a.fresh("still");
  a.step("scheduling told").load(4, r1, r6, state.moved).jump("eq", r1, 0, still);
  a.store(4, r6, state.moved, 0).store(4, r6, state.waker, 0);
  for (const [total, entry, exit] of [
    [state.blocked, state.entryBlocked, state.exitBlocked],
    [state.queued, state.entryQueued, state.exitQueued],
  ] as const)
    a.load(8, r1, r6, total).store(8, r6, entry, r1).store(8, r6, exit, r1);
  for (let at = L.facts.waker & ~7; at < L.facts.ip; at += 8) a.store(8, r6, state.facts + at, 0);
  a.label(still);
}

const RUNNABLE = 1;
const BLOCKED = 2;

/** sched_switch(preempt, prev, next, prev_state). */
export function schedSwitch(e: Environment): Assembler {
  const a = new Assembler("sched_switch");
  a.mov(r9, r1).step("the task that leaves the CPU").load(8, r7, r9, 8);
  findState(a, e, r7, "next");
  a.call("ktime_get_ns").store(8, r6, state.offAt, r0);
  a.store(8, r6, state.wokenAt, 0).store(4, r6, state.offState, RUNNABLE);
  a.store(4, r6, state.moved, 1);
  leaveInCall(a, e);
  a.load(1, r1, r9, 0).jump("ne", r1, 0, "next").load(4, r1, r9, 24).jump("eq", r1, 0, "next");
  a.store(4, r6, state.offState, BLOCKED);
  a.label("next").step("the task that gets the CPU").load(8, r7, r9, 16);
  findState(a, e, r7, "out");
  a.load(8, r7, r6, state.offAt).jump("eq", r7, 0, "out");
  a.call("ktime_get_ns").store(8, r6, state.offAt, 0);
  a.load(4, r1, r6, state.offState).jump("ne", r1, BLOCKED, "queued");
  // until it was woken it slept; then it waited for the CPU
  a.load(8, r2, r6, state.wokenAt).jump("ge", r2, r7, "woken").mov(r2, r0).label("woken");
  a.mov(r3, r2).sub(r3, r7).load(8, r4, r6, state.blocked).add(r4, r3).store(8, r6, state.blocked, r4);
  a.mov(r7, r2);
  a.label("queued").sub(r0, r7).load(8, r4, r6, state.queued).add(r4, r0).store(8, r6, state.queued, r4);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** sched_waking(task): in the context of the waker, or of whatever an interrupt interrupted. */
export function schedWaking(e: Environment): Assembler {
  const a = new Assembler("sched_waking");
  a.load(8, r7, r1, 0);
  findState(a, e, r7, "out");
  a.load(4, r1, r6, state.offState).jump("ne", r1, BLOCKED, "out");
  a.load(8, r1, r6, state.wokenAt).jump("ne", r1, 0, "out");
  a.call("ktime_get_ns").store(8, r6, state.wokenAt, r0);
  a.call("get_current_task_btf").load(4, r1, r0, e.kernel.pid).store(4, r6, state.waker, r1);
  a.label("out").mov(r0, 0).exit();
  return a;
}
