/** Tasks that are followed because of where they are, met at their first call. */
import { type Assembler, r0, r1, r2, r3, r4, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, makeState, numberOf, takeIds } from "./common.ts";
import { countSent, sendSmall, smallHead } from "./send.ts";

const { state, flags, kinds } = L;

/** A task that has no state yet: is it to be followed because of where it is? Ends with its state in r6. */
export function discover(a: Assembler, e: Environment): void {
  const { kernel } = e;
  a.step("is the task to be followed").mapValue(r1, e.maps.config, 0).load(4, r2, r1, L.config.mode);
  a.jump("eq", r2, 0, "out");
  a.load(4, r3, r7, kernel.tgid).load(4, r4, r1, L.config.ownPid).jump("eq", r3, r4, "out");
  a.and(r2, L.modes.all).jump("ne", r2, 0, "discovered");
  a.map(r1, e.maps.cgroup).mov(r2, 0).call("current_task_under_cgroup").jump32("ne", r0, 1, "out");
  a.label("discovered");
  // who has no number here could not be told from others
  if (kernel.level > 0) numberOf(a, e, r7, "out");
  makeState(a, e, r7);
  a.jump("ne", r0, 0, "made").mov(r0, -1);
  // there was no memory for it: its calls until the next try are lost
  countSent(a, e, false);
  a.goto("out").label("made").mov(r6, r0).store(4, r6, state.flags, flags.followed);
  takeIds(a, e, r7);
  const { bytes } = L.found;
  a.step("tell of a task found");
  a.mov(r8, r9);
  smallHead(a, kinds.found, bytes);
  a.load(4, r1, r6, state.pid).store(4, r10, -bytes - 8 + L.found.pid, r1);
  a.load(8, r1, r7, kernel.realParent).load(4, r1, r1, kernel.tgid);
  a.store(4, r10, -bytes - 8 + L.found.parent, r1);
  a.mov(r1, r10)
    .add(r1, -bytes - 8 + L.found.comm)
    .mov(r2, 16)
    .call("get_current_comm");
  sendSmall(a, e, bytes);
  a.mov(r9, r8);
}
