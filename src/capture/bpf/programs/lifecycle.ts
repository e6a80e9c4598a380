/** Tasks come, exec and go. */
import { Assembler, r0, r1, r2, r6, r7, r8, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { currentState, type Environment, findState, makeState, takeIds } from "./common.ts";
import { insideCall } from "./long-calls.ts";
import { sendCall, sendSmall, smallHead } from "./send.ts";

const { state, flags, kinds } = L;
const { record } = state;

/** sched_process_fork(parent, child): before the child runs. */
export function processFork(e: Environment): Assembler {
  const { bytes } = L.fork;
  const base = -bytes - 8;
  const a = new Assembler("sched_process_fork");
  if (!e.options.follow) return nothing(a);
  a.load(8, r8, r1, 8).load(8, r7, r1, 0);
  findState(a, e, r7, "out");
  a.load(4, r7, r6, state.flags).mov(r1, r7).and(r1, flags.followed).jump("eq", r1, 0, "out");
  a.step("state of the child");
  makeState(a, e, r8);
  a.jump("ne", r0, 0, "made");
  // there was no memory for it: user space has to find it
  smallHead(a, kinds.fork, bytes);
  a.load(4, r1, r6, state.group).store(4, r10, base + L.fork.childPid, r1);
  sendSmall(a, e, bytes);
  a.goto("out").label("made");
  a.and(r7, flags.followed | flags.hidden).store(4, r0, state.flags, r7);
  a.load(4, r1, r6, state.group).store(4, r0, state.group, r1);
  a.mov(r7, r6).mov(r6, r0);
  takeIds(a, e, r8);
  a.mov(r8, r6).mov(r6, r7);
  a.step("tell of the child");
  smallHead(a, kinds.fork, bytes);
  a.load(4, r1, r8, state.tid).store(4, r10, base + L.fork.child, r1);
  a.load(4, r1, r8, state.pid).store(4, r10, base + L.fork.childPid, r1);
  sendSmall(a, e, bytes);
  a.label("out").mov(r0, 0).exit();
  return a;
}

function nothing(a: Assembler): Assembler {
  return a.mov(r0, 0).exit();
}

/** sched_process_exec(task, old_pid, bprm): the task has its new memory and, if it was not the leader, its new tid. */
export function processExec(e: Environment): Assembler {
  const { bytes } = L.exec;
  const base = -bytes - 8;
  const a = new Assembler("sched_process_exec");
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, ~(flags.starting | flags.hidden)).store(4, r6, state.flags, r1);
  a.load(4, r8, r6, state.tid);
  takeIds(a, e, r7);
  a.load(4, r1, r6, state.tid).store(4, r6, record + L.call.tid, r1);
  a.step("tell of the exec");
  smallHead(a, kinds.exec, bytes);
  a.store(4, r10, base + L.exec.former, r8);
  a.mov(r1, r10)
    .add(r1, base + L.exec.comm)
    .mov(r2, 16)
    .call("get_current_comm");
  sendSmall(a, e, bytes);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** sched_process_exit(task): in the context of the task. */
export function processExit(e: Environment): Assembler {
  const { bytes } = L.exit;
  const a = new Assembler("sched_process_exit");
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, flags.inCall).jump("eq", r1, 0, "idle");
  if (e.maps.long) insideCall(a, e, "idle");
  a.step("a call it died in").store(2, r6, record + L.call.flags, L.callFlags.unfinished);
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0)
    .store(8, r6, record + L.call.ret, 0);
  // in one ring with the exit, which must not come first where the clock is coarse
  sendCall(a, { ...e, maps: { ...e.maps, lanes: undefined } });
  a.label("idle").step("tell of the exit");
  smallHead(a, kinds.exit, bytes);
  a.load(4, r1, r7, e.kernel.exitCode).store(4, r10, -bytes - 8 + L.exit.code, r1);
  for (const name of ["ran", "waited", "user", "system"] as const) {
    if (e.kernel[name] >= 0) a.load(8, r1, r7, e.kernel[name]).store(8, r10, -bytes - 8 + L.exit[name], r1);
  }
  sendSmall(a, e, bytes);
  a.store(4, r6, state.flags, 0);
  a.label("out").mov(r0, 0).exit();
  return a;
}
