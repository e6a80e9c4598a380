/** Threads that cannot be given their state by a descriptor: before Linux 6.9 there are such of processes only. */
import { Assembler, r0, r1, r2, r6, r7, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, makeState, numberOf, takeIds } from "./common.ts";

const { state, config } = L;

/** bpf_iter_task(meta, task): of all there are, the one the configuration names gets a state, if it has none. */
export function followThread(e: Environment): Assembler {
  const a = new Assembler("bpf_iter_task");
  a.load(8, r7, r1, 8).jump("eq", r7, 0, "out");
  numberOf(a, e, r7, "out");
  a.mapValue(r9, e.maps.config).load(4, r2, r9, config.thread).jump32("ne", r1, r2, "out");
  a.step("its state");
  makeState(a, e, r7);
  a.jump("eq", r0, 0, "out").mov(r6, r0).load(4, r1, r6, state.flags).jump("ne", r1, 0, "out");
  takeIds(a, e, r7);
  a.load(4, r1, r9, config.threadGroup).store(4, r6, state.group, r1);
  // last: from here on it is followed
  a.load(4, r1, r9, config.threadFlags).store(4, r6, state.flags, r1).store(4, r9, config.threadFollowed, 1);
  a.label("out").mov(r0, 0).exit();
  return a;
}
