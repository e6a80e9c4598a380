/** Tasks come, exec and go. */
import { Assembler, r0, r1, r2, r3, r6, r7, r8, r10 } from "../asm.ts";
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
  // it begins by returning from the call that made it
  a.and(r7, flags.followed | flags.hidden)
    .or(r7, flags.entered)
    .store(4, r0, state.flags, r7);
  // it has not slept yet
  a.store(8, r0, state.sleeps, 1);
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

/**
 * sched_process_exit(task): in the context of the task. As by wait(2), the end of a process's first thread is the end of the process:
 * where others go on, followed or not, the last of them tells.
 */
export function processExit(e: Environment): Assembler {
  const { kernel } = e;
  const a = new Assembler("sched_process_exit");
  a.call("get_current_task_btf").mov(r7, r0);
  findState(a, e, r7, "told");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "told");
  a.and(r1, flags.inCall).jump("eq", r1, 0, "idle");
  if (e.maps.long) insideCall(a, e, "idle");
  a.step("a call it died in").store(2, r6, record + L.call.flags, L.callFlags.unfinished);
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0)
    .store(8, r6, record + L.call.ret, 0);
  // in one ring with the exit, which must not come first where the clock is coarse
  sendCall(a, { ...e, maps: { ...e.maps, lanes: undefined } });
  a.label("idle").step("is it the first thread").mov(r8, 0).store(4, r6, state.flags, 0);
  a.load(4, r1, r7, kernel.pid).load(4, r2, r7, kernel.tgid).jump("ne", r1, r2, "tell");
  // before it looks whether others go on: the last of those is counted out before it looks at the flags
  a.mov(r1, flags.ended).atomicAdd(4, r6, state.flags, r1).mov(r8, 1);
  others(a, e);
  a.jump("eq", r1, 0, "last").label("tell");
  tellExit(a, e);
  a.label("told").step("is it the last thread");
  others(a, e);
  a.jump("ne", r1, 0, "out").label("last").load(8, r7, r7, kernel.groupLeader);
  findState(a, e, r7, "out");
  a.load(4, r1, r6, state.flags).and(r1, flags.ended).jump("eq", r1, 0, "out");
  a.step("the process has ended").store(4, r6, state.flags, 0).mov(r8, 0);
  tellExit(a, e);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** r1 = how many threads of the process of the task in r7 have not ended. */
function others(a: Assembler, { kernel }: Environment): void {
  a.load(8, r1, r7, kernel.signal).load(4, r1, r1, kernel.live);
}

/** SIGNAL_GROUP_EXIT (include/linux/sched/signal.h): all threads end by the group's code, whatever they ended by themselves. */
const GROUP_EXIT = 4;

/** Tells of the end of the task in r7, with its state in r6; r8: whether its process goes on. Clobbers r9. */
function tellExit(a: Assembler, e: Environment): void {
  const { kernel } = e;
  const { bytes } = L.exit;
  const base = -bytes - 8;
  const own = a.fresh("own");
  a.step("tell of the exit");
  smallHead(a, kinds.exit, bytes);
  a.load(4, r1, r7, kernel.exitCode).load(8, r2, r7, kernel.signal).load(4, r3, r2, kernel.groupFlags);
  a.and(r3, GROUP_EXIT).jump("eq", r3, 0, own).load(4, r1, r2, kernel.groupExitCode).label(own);
  a.store(4, r10, base + L.exit.code, r1).store(4, r10, base + L.exit.goesOn, r8);
  for (const name of ["ran", "waited", "user", "system"] as const) {
    if (kernel[name] >= 0) a.load(8, r1, r7, kernel[name]).store(8, r10, base + L.exit[name], r1);
  }
  sendSmall(a, e, bytes);
}
