/** The programs that follow calls and tasks in the kernel. Each is attached to the tracepoint it is named after. */
import type { BpfMap } from "../../kernel/bpf.ts";
import { Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r8, r9, r10 } from "./asm.ts";
import type { KernelFields } from "./kernel-fields.ts";
import * as L from "./layout.ts";
import type { Read } from "./plan.ts";
import { DATA_BYTES, Reader } from "./reads.ts";

/** Entries of the tables that are no numbers of reads. */
export const UNWANTED = 0xffff;
/** The call does not return: its record is complete at entry. */
export const NO_RETURN = 0xfffe;
/** Two bytes for each number of each ABI: what to read at entry; behind them what to read at exit. */
export const TABLE_BYTES = 2 * L.NUMBERS * L.abis.length;

export interface Maps {
  readonly tasks: BpfMap;
  readonly events: BpfMap;
  readonly counters: BpfMap;
  readonly config: BpfMap;
  readonly tables: BpfMap;
  /** What reads the memory of 32-bit calls at entry and exit, in slot 0, once it is loaded. */
  readonly compatEntry: BpfMap;
  readonly compatExit: BpfMap;
}

export interface ProgramOptions {
  readonly follow: boolean;
  /** Calls faster than this (ns) are not reported; 0 reports all. */
  readonly slowerThan: number;
  /** Only calls that failed, or only those that did not. */
  readonly status?: "failed" | "successful";
  /** Tell of entries too. */
  readonly entries: boolean;
  /** Keep account of what the scheduler does with the tasks. */
  readonly scheduling: boolean;
  /** Record instruction and stack pointers. */
  readonly pointers: boolean;
}

/** Lists of reads by number; 0 is empty. */
export interface Shapes {
  readonly entry: readonly (readonly Read[])[];
  readonly exit: readonly (readonly Read[])[];
}

export interface Environment {
  readonly maps: Maps;
  readonly kernel: KernelFields;
  readonly options: ProgramOptions;
  readonly shapes: Shapes;
}

const RINGBUF_NO_WAKEUP = 1;
const STORAGE_CREATE = 1;
const TS_COMPAT = 2;
const X32_BIT = 0x40000000;
const MAX_ERRNO = 4095;

const { state, flags, kinds } = L;
const { record } = state;

/** r0 = state of the task in `task`, or 0. */
function stateOf(a: Assembler, e: Environment, task: Reg, create = 0): void {
  a.map(r1, e.maps.tasks);
  if (task.reg !== r2.reg) a.mov(r2, task);
  a.mov(r3, 0).mov(r4, create).call("task_storage_get");
}

/** r6 = state of the current task, which is followed; else goes to `none`. Leaves the task in r7. */
function currentState(a: Assembler, e: Environment, none: string): void {
  a.call("get_current_task_btf").mov(r7, r0);
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, none).mov(r6, r0);
}

/** Counts an attempt to send; r0 is what came of it. `owner`: also notes a loss in the state in r6. */
function countSent(a: Assembler, e: Environment, owner: boolean): void {
  const good = a.fresh("sent");
  const out = a.fresh("counted");
  a.step("count what is sent").mov(r9, r0);
  a.store(4, r10, -4, 0).map(r1, e.maps.counters).mov(r2, r10).add(r2, -4).call("map_lookup_elem");
  a.jump("eq", r0, 0, out).mov(r1, 1).atomicAdd(8, r0, L.counters.attempted, r1);
  a.jump("sge", r9, 0, good).atomicAdd(8, r0, L.counters.lost, r1);
  if (owner) a.atomicAdd(4, r6, state.lost, r1);
  a.goto(out).label(good);
  if (owner) a.store(4, r6, state.lost, 0);
  a.label(out);
}

/** Sends the record in the state in r6. */
function sendCall(a: Assembler, e: Environment): void {
  const fits = a.fresh("fits");
  a.step("send the record");
  a.load(4, r1, r6, state.lost).store(4, r6, record + L.call.lost, r1);
  a.load(4, r3, r6, state.cursor).jump("le", r3, DATA_BYTES, fits).mov(r3, DATA_BYTES).label(fits);
  const more = e.options.scheduling || e.options.pointers;
  a.store(4, r6, record + L.call.length, r3).add(r3, L.call.data + (more ? L.facts.bytes : 0));
  if (more) a.store(1, r6, state.facts + L.facts.kind, kinds.facts);
  a.map(r1, e.maps.events).mov(r2, r6).add(r2, more ? state.facts : record);
  a.mov(r4, RINGBUF_NO_WAKEUP).call("ringbuf_output");
  countSent(a, e, true);
}

/** Sends `bytes` bytes at the frame's end. Clobbers r9. */
function sendSmall(a: Assembler, e: Environment, bytes: number): void {
  a.map(r1, e.maps.events)
    .mov(r2, r10)
    .add(r2, -bytes - 8)
    .mov(r3, bytes);
  a.mov(r4, RINGBUF_NO_WAKEUP).call("ringbuf_output");
  countSent(a, e, false);
}

/** Writes the head of a small record at the frame's end: tid from the state in r6, time from the clock. */
function smallHead(a: Assembler, kind: number, bytes: number): void {
  const base = -bytes - 8;
  for (let i = 0; i < bytes; i += 8) a.store(8, r10, base + i, 0);
  a.store(1, r10, base + L.head.kind, kind)
    .load(4, r1, r6, state.tid)
    .store(4, r10, base + L.head.tid, r1);
  a.call("ktime_get_ns").store(8, r10, base + L.head.time, r0);
}

/** Puts the ids of the task in `task` into the state in r6. */
function takeIds(a: Assembler, e: Environment, task: Reg): void {
  const { kernel } = e;
  a.step("ids of the task");
  if (kernel.level === 0) {
    a.load(4, r1, task, kernel.pid).store(4, r6, state.tid, r1);
    a.load(4, r1, task, kernel.tgid).store(4, r6, state.pid, r1);
    return;
  }
  const number = kernel.numbers + 16 * kernel.level;
  a.load(8, r3, task, kernel.threadPid).add(r3, number);
  a.mov(r1, r6).add(r1, state.tid).mov(r2, 4).call("probe_read_kernel");
  a.load(8, r3, task, kernel.groupLeader).load(8, r3, r3, kernel.threadPid).add(r3, number);
  a.mov(r1, r6).add(r1, state.pid).mov(r2, 4).call("probe_read_kernel");
}

/** Arguments and number of the call from the registers in r8; goes on with the table's index in r9. */
function takeCall(a: Assembler, e: Environment, fromRegisters: boolean): void {
  const { kernel, options } = e;
  const native = a.fresh("native");
  const ready = a.fresh("ready");
  const known = a.fresh("known");
  a.step("number and ABI");
  // r9: number; r7: task
  if (fromRegisters) a.load(8, r9, r8, kernel.origAx);
  a.load(4, r1, r7, kernel.status).and(r1, TS_COMPAT).jump("eq", r1, 0, native);
  a.store(4, r6, record, kinds.call | (L.ABI_I386 << 8))
    .mov32(r9, r9)
    .store(4, r6, record + L.call.nr, r9);
  for (const [i, at] of kernel.compatArgs.entries())
    a.load(8, r1, r8, at)
      .mov32(r1, r1)
      .store(8, r6, record + L.call.args + 8 * i, r1);
  a.jump("lt", r9, L.NUMBERS, known)
    .mov(r9, L.NUMBERS - 1)
    .label(known);
  a.add(r9, L.NUMBERS * L.ABI_I386).goto(ready);
  a.label(native).store(4, r6, record, kinds.call | (L.ABI_X86_64 << 8));
  for (const [i, at] of kernel.args.entries())
    a.load(8, r1, r8, at).store(8, r6, record + L.call.args + 8 * i, r1);
  const plain = a.fresh("plain");
  const x32 = a.fresh("x32");
  a.mov32(r9, r9)
    .store(4, r6, record + L.call.nr, r9)
    .jump("lt", r9, L.NUMBERS - 1, ready);
  a.jump32("eq", r9, -1, plain).mov(r1, r9).and(r1, X32_BIT).jump("eq", r1, 0, plain);
  a.store(4, r6, record, kinds.call | (L.ABI_X32 << 8))
    .mov(r1, X32_BIT)
    .sub(r9, r1);
  a.store(4, r6, record + L.call.nr, r9)
    .jump("lt", r9, L.NUMBERS, x32)
    .mov(r9, L.NUMBERS - 1);
  a.label(x32)
    .add(r9, L.NUMBERS * L.ABI_X32)
    .goto(ready);
  a.label(plain).mov(r9, L.NUMBERS - 1);
  a.label(ready);
  a.load(4, r1, r6, state.tid)
    .store(4, r6, record + L.call.tid, r1)
    .store(4, r6, state.cursor, 0);
  if (options.pointers) a.load(8, r1, r8, kernel.ip).store(8, r6, state.facts + L.facts.ip, r1);
  a.load(8, r1, r8, kernel.sp).store(8, r6, state.sp, r1);
}

/** r9 = entry of the table at `offset` for the index in r9. */
function lookUp(a: Assembler, e: Environment, offset: number): void {
  const fits = a.fresh("fits");
  const most = L.NUMBERS * L.abis.length - 1;
  a.jump("le", r9, most, fits).mov(r9, most).label(fits);
  a.lsh(r9, 1).mapValue(r1, e.maps.tables, offset).add(r1, r9).load(2, r9, r1, 0);
}

/**
 * 32-bit calls go to a program of their own, which takes the rest of the way. Where it is not loaded
 * the record goes without memory.
 */
function compatElsewhere(a: Assembler, map: BpfMap, after: string): void {
  const native = a.fresh("native");
  a.step("32-bit calls")
    .load(1, r1, r6, record + L.call.abi)
    .jump("eq", r1, L.ABI_X86_64, native);
  a.load(8, r1, r10, CONTEXT).map(r2, map).mov(r3, 0).call("tail_call").goto(after);
  a.label(native);
}

/** Where on the stack the context is kept. */
const CONTEXT = -256;

/** Goes through the reads of the number in r9 and on to `after`. */
function readShapes(
  a: Assembler,
  shapes: readonly (readonly Read[])[],
  phase: number,
  what: string,
  after: string,
): void {
  const reader = new Reader(a, phase);
  const labels = shapes.map((_, i) => (i === 0 ? after : a.fresh(`shape${i}`)));
  const choose = (from: number, to: number): void => {
    if (to - from <= 2) {
      for (let i = from; i < to; i++) a.jump("eq", r9, i, labels[i]);
      a.goto(after);
      return;
    }
    const middle = (from + to) >> 1;
    const upper = a.fresh("upper");
    a.jump("ge", r9, middle, upper);
    choose(from, middle);
    a.label(upper);
    choose(middle, to);
  };
  a.step(`choose the reads at ${what}`).jump("eq", r9, 0, after);
  choose(1, shapes.length);
  for (let i = 1; i < shapes.length; i++) {
    a.step(`reads at ${what}: ${JSON.stringify(shapes[i])}`).label(labels[i]);
    reader.all(shapes[i]);
    a.goto(after);
  }
  a.label(after);
}

export function sysEnter(e: Environment): Assembler {
  const { options, kernel } = e;
  const a = new Assembler("sys_enter");
  a.step("is the task followed").mov(r9, r1).store(8, r10, CONTEXT, r1);
  a.call("get_current_task_btf").mov(r7, r0);
  stateOf(a, e, r7);
  a.jump("ne", r0, 0, "known");
  discover(a, e);
  a.label("known").mov(r6, r0);
  a.load(8, r8, r9, 0).load(8, r9, r9, 8);
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, ~(flags.inCall | flags.found)).store(4, r6, state.flags, r1);
  const visible = "visible";
  a.and(r1, flags.hidden).jump("eq", r1, 0, visible);
  a.step("hidden until its exec");
  for (const nr of kernel.execs) a.jump("eq", r9, nr, "exec");
  a.goto("out").label("exec").load(4, r1, r6, state.flags).and(r1, ~flags.hidden);
  a.store(4, r6, state.flags, r1).label(visible);
  takeCall(a, e, false);
  a.step("is the call wanted").mov(r7, r9);
  lookUp(a, e, 0);
  a.jump("eq", r9, UNWANTED, "out");
  a.mov(r8, r9).mov(r9, r7);
  lookUp(a, e, TABLE_BYTES);
  a.store(4, r6, state.shape, r9).mov(r9, r8).store(4, r6, state.entryShape, r9);
  if (options.scheduling) schedulingAtEntry(a);
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.entry, r0)
    .store(8, r6, record + L.call.time, r0);
  a.load(4, r1, r6, state.flags).or(r1, flags.inCall).store(4, r6, state.flags, r1);
  a.jump("eq", r9, NO_RETURN, "no-return");
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
  readShapes(a, e.shapes.entry, L.segmentFlags.entry, "entry", "read");
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

/** A task that has no state yet: is it to be followed because of where it is? Ends with its state in r0. */
function discover(a: Assembler, e: Environment): void {
  const { kernel } = e;
  a.step("is the task to be followed").mapValue(r1, e.maps.config, 0).load(4, r2, r1, L.config.mode);
  a.jump("eq", r2, 0, "out");
  a.load(4, r3, r7, kernel.tgid).load(4, r4, r1, L.config.ownPid).jump("eq", r3, r4, "out");
  a.and(r2, L.modes.all).jump("ne", r2, 0, "discovered").load(4, r1, r1, L.config.cgroupLevel);
  a.call("get_current_ancestor_cgroup_id").mapValue(r1, e.maps.config, 0);
  a.load(8, r2, r1, L.config.cgroupId).jump("ne", r0, r2, "out");
  a.label("discovered");
  stateOf(a, e, r7, STORAGE_CREATE);
  a.jump("eq", r0, 0, "out").mov(r6, r0).store(4, r6, state.flags, flags.followed);
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
  a.mov(r9, r8).mov(r0, r6);
}

function schedulingAtEntry(a: Assembler): void {
  a.step("scheduling before the call");
  for (const [total, entry, exit, gap] of [
    [state.blocked, state.entryBlocked, state.exitBlocked, L.facts.gapBlocked],
    [state.queued, state.entryQueued, state.exitQueued, L.facts.gapQueued],
  ] as const) {
    a.load(8, r1, r6, total).store(8, r6, entry, r1).load(8, r2, r6, exit).sub(r1, r2);
    a.store(8, r6, state.facts + gap, r1);
  }
  a.store(4, r6, state.waker, 0);
}

function schedulingAtExit(a: Assembler): void {
  a.step("scheduling during the call");
  for (const [total, entry, exit, during] of [
    [state.blocked, state.entryBlocked, state.exitBlocked, L.facts.blocked],
    [state.queued, state.entryQueued, state.exitQueued, L.facts.queued],
  ] as const) {
    a.load(8, r1, r6, total).store(8, r6, exit, r1).load(8, r2, r6, entry).sub(r1, r2);
    a.store(8, r6, state.facts + during, r1);
  }
  a.load(4, r1, r6, state.waker).store(4, r6, state.facts + L.facts.waker, r1);
}

export function sysExit(e: Environment): Assembler {
  const { options } = e;
  const a = new Assembler("sys_exit");
  a.step("is the task in a call").store(8, r10, CONTEXT, r1).load(8, r8, r1, 0).load(8, r9, r1, 8);
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("ne", r2, 0, "entered");
  a.step("a call under way when we attached").and(r1, flags.found).jump("eq", r1, 0, "out");
  a.store(8, r6, record + L.call.ret, r9);
  takeCall(a, e, true);
  a.mov(r7, r9);
  lookUp(a, e, 0);
  a.jump("eq", r9, UNWANTED, "leave").mov(r9, r7);
  lookUp(a, e, TABLE_BYTES);
  a.store(4, r6, state.shape, r9).store(2, r6, record + L.call.flags, L.callFlags.noEntry);
  a.store(8, r6, record + L.call.entry, 0);
  a.goto("returned");
  a.label("entered").store(8, r6, record + L.call.ret, r9);
  a.label("returned")
    .call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0);
  if (options.scheduling) schedulingAtExit(a);
  a.step("the command's exec failed").load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.starting);
  a.jump("eq", r2, 0, "kept")
    .load(8, r2, r6, record + L.call.ret)
    .jump("sge", r2, 0, "kept");
  a.or(r1, flags.hidden).store(4, r6, state.flags, r1).label("kept");
  if (options.slowerThan > 0) {
    a.step("is the call slow")
      .load(8, r2, r6, record + L.call.entry)
      .jump("eq", r2, 0, "leave");
    a.sub(r0, r2).constant(r1, options.slowerThan).jump("lt", r0, r1, "leave");
  }
  if (options.status) {
    a.step("did the call fail").load(8, r1, r6, record + L.call.ret);
    if (options.status === "failed") a.jump("sge", r1, 0, "leave").jump("slt", r1, -MAX_ERRNO, "leave");
    else a.jump("sge", r1, 0, "fine").jump("sge", r1, -MAX_ERRNO, "leave").label("fine");
  }
  a.load(4, r9, r6, state.shape);
  compatElsewhere(a, e.maps.compatExit, "read");
  readExit(a, e);
  a.goto("out").label("leave");
  leaveCall(a);
  a.label("out").mov(r0, 0).exit();
  return a;
}

function readExit(a: Assembler, e: Environment): void {
  readShapes(a, e.shapes.exit, 0, "exit", "read");
  sendCall(a, e);
  leaveCall(a);
}

function leaveCall(a: Assembler): void {
  a.load(4, r1, r6, state.flags)
    .and(r1, ~(flags.inCall | flags.found))
    .store(4, r6, state.flags, r1);
}

/** sched_process_fork(parent, child): before the child runs. */
export function processFork(e: Environment): Assembler {
  const { bytes } = L.fork;
  const base = -bytes - 8;
  const a = new Assembler("sched_process_fork");
  if (!e.options.follow) return nothing(a);
  a.load(8, r8, r1, 8).load(8, r7, r1, 0);
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, "out").mov(r6, r0);
  a.load(4, r7, r6, state.flags).mov(r1, r7).and(r1, flags.followed).jump("eq", r1, 0, "out");
  a.step("state of the child");
  stateOf(a, e, r8, STORAGE_CREATE);
  a.jump("eq", r0, 0, "out")
    .and(r7, flags.followed | flags.hidden)
    .store(4, r0, state.flags, r7);
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
  a.step("a call it died in").store(2, r6, record + L.call.flags, L.callFlags.unfinished);
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0)
    .store(8, r6, record + L.call.ret, 0);
  sendCall(a, e);
  a.label("idle").step("tell of the exit");
  smallHead(a, kinds.exit, bytes);
  a.load(4, r1, r7, e.kernel.exitCode).store(4, r10, -bytes - 8 + L.exit.code, r1);
  sendSmall(a, e, bytes);
  a.store(4, r6, state.flags, 0);
  a.label("out").mov(r0, 0).exit();
  return a;
}

const INFO_BYTES = 48;

/** signal_deliver(sig, info, ka): in the context of the task. */
export function signalDeliver(e: Environment): Assembler {
  const { bytes } = L.signal;
  const base = -bytes - 8;
  const a = new Assembler("signal_deliver");
  a.mov(r8, r1);
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, flags.hidden).jump("ne", r1, 0, "out");
  smallHead(a, kinds.signal, bytes);
  a.load(8, r7, r8, 0).store(4, r10, base + L.signal.signo, r7);
  a.mov(r1, r10)
    .add(r1, base + L.signal.info)
    .mov(r2, INFO_BYTES)
    .load(8, r3, r8, 8)
    .call("probe_read_kernel");
  a.step("does the signal stop the task").load(8, r1, r8, 16).load(8, r1, r1, 0).jump("ne", r1, 0, "send");
  for (const signo of [19, 20, 21, 22]) a.jump32("eq", r7, signo, "stops");
  a.goto("send")
    .label("stops")
    .store(4, r10, base + L.signal.stops, 1)
    .label("send");
  sendSmall(a, e, bytes);
  a.label("out").mov(r0, 0).exit();
  return a;
}

const SIGNAL_IGNORED = 1;

/** signal_generate(sig, info, task, group, result): in the context of the sender. */
export function signalGenerate(e: Environment): Assembler {
  const { bytes } = L.signal;
  const base = -bytes - 8;
  const a = new Assembler("signal_generate");
  a.mov(r8, r1).load(4, r1, r8, 32).jump32("ne", r1, SIGNAL_IGNORED, "out");
  a.load(8, r7, r8, 16);
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, "out").mov(r6, r0);
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, flags.hidden).jump("ne", r1, 0, "out");
  smallHead(a, kinds.ignored, bytes);
  a.load(4, r7, r8, 0).store(4, r10, base + L.signal.signo, r7);
  a.step("information of the signal").store(4, r10, base + L.signal.info, r7);
  // SEND_SIG_NOINFO and SEND_SIG_PRIV are no pointers (linux/sched/signal.h)
  a.mov(r1, r10)
    .add(r1, base + L.signal.info)
    .mov(r2, INFO_BYTES)
    .load(8, r3, r8, 8)
    .jump("le", r3, 1, "send");
  a.call("probe_read_kernel").label("send");
  sendSmall(a, e, bytes);
  a.label("out").mov(r0, 0).exit();
  return a;
}

const RUNNABLE = 1;
const BLOCKED = 2;

/** sched_switch(preempt, prev, next, prev_state). */
export function schedSwitch(e: Environment): Assembler {
  const a = new Assembler("sched_switch");
  a.mov(r9, r1).step("the task that leaves the CPU").load(8, r7, r9, 8);
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, "next").mov(r6, r0).call("ktime_get_ns").store(8, r6, state.offAt, r0);
  a.store(8, r6, state.wokenAt, 0).store(4, r6, state.offState, RUNNABLE);
  a.load(1, r1, r9, 0).jump("ne", r1, 0, "next").load(4, r1, r9, 24).jump("eq", r1, 0, "next");
  a.store(4, r6, state.offState, BLOCKED);
  a.label("next").step("the task that gets the CPU").load(8, r7, r9, 16);
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, "out").mov(r6, r0).load(8, r7, r6, state.offAt).jump("eq", r7, 0, "out");
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
  stateOf(a, e, r7);
  a.jump("eq", r0, 0, "out").mov(r6, r0);
  a.load(4, r1, r6, state.offState).jump("ne", r1, BLOCKED, "out");
  a.load(8, r1, r6, state.wokenAt).jump("ne", r1, 0, "out");
  a.call("ktime_get_ns").store(8, r6, state.wokenAt, r0);
  a.call("get_current_task_btf").load(4, r1, r0, e.kernel.pid).store(4, r6, state.waker, r1);
  a.label("out").mov(r0, 0).exit();
  return a;
}
