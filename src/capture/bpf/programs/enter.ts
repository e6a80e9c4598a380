/** What sys_enter begins with, whatever is done with the call. */
import { type Assembler, r0, r1, r2, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { currentTask, type Environment, stateOf } from "./common.ts";
import { passCounted } from "./counted.ts";
import { discover } from "./discover.ts";
import { takeCall } from "./take.ts";
import { passUntimed } from "./untimed.ts";

const { state, flags } = L;

/**
 * Goes to "out" with calls that do not concern us. Leaves the state in r6, the index of the tables in r9, and the call
 * taken, unless `bare`.
 */
export function enterCall(a: Assembler, e: Environment, bare = false): void {
  a.step("is the task followed").mov(r9, r1);
  currentTask(a, e, "stranger");
  passUntimed(a, e, "out");
  passCounted(a, e, "out");
  stateOf(a, e, r7, "stranger");
  a.goto("known").label("stranger");
  discover(a, e);
  a.label("known");
  a.load(8, r8, r9, 0).load(8, r9, r9, 8);
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, ~L.OF_CALL).or(r1, flags.entered).store(4, r6, state.flags, r1);
  a.and(r1, flags.hidden).jump("eq", r1, 0, "visible");
  a.step("hidden until its exec");
  for (const nr of e.kernel.execs) a.jump("eq", r9, nr, "exec");
  a.goto("out").label("exec").load(4, r1, r6, state.flags).and(r1, ~flags.hidden);
  a.store(4, r6, state.flags, r1).label("visible");
  takeCall(a, e, false, bare);
}

/**
 * A return without a wanted call, with the flags in r1 and the result in r9: what refuses calls before they begin (seccomp, a
 * debugger) comes before sys_enter, and only sys_exit tells of those. Goes to `out` with what has had its entry and with new tasks'
 * first return, else on.
 */
export function withoutCall(a: Assembler, out: string): void {
  const without = a.fresh("without");
  const kept = a.fresh("kept");
  a.step("was its entry seen").mov(r2, r1).and(r2, flags.entered).jump("eq", r2, 0, without);
  a.and(r1, ~L.OF_CALL).mov(r2, r1).and(r2, flags.starting).jump("eq", r2, 0, kept);
  a.step("the command's exec failed").jump("sge", r9, 0, kept).or(r1, flags.hidden);
  a.label(kept).store(4, r6, state.flags, r1).goto(out).label(without);
  a.mov(r2, r1)
    .and(r2, flags.followed | flags.hidden)
    .jump("ne", r2, flags.followed, out);
}

/** The call is wanted: it begins now, which is in r0. */
export function beginCall(a: Assembler): void {
  a.load(4, r1, r6, state.flags).or(r1, flags.inCall).store(4, r6, state.flags, r1);
  a.call("ktime_get_ns").store(8, r6, state.record + L.call.entry, r0);
}
