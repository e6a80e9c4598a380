/** sys_enter and sys_exit for -c: calls are counted in the kernel and no record of them leaves it. */
import { BUCKETS, STEP_BITS } from "../../../base/histogram.ts";
import type { BpfMap } from "../../../kernel/bpf.ts";
import { Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import {
  currentTask,
  type Environment,
  highestBit,
  NO_RETURN,
  stateOf,
  UNWANTED,
  valueOfCpu,
} from "../programs/common.ts";
import { goCounted, returnCounted, standsFor } from "../programs/counted.ts";
import { beginCall, enterCall, withoutCall } from "../programs/enter.ts";
import { schedulingAtEntry, schedulingAtExit, schedulingTold } from "../programs/scheduling.ts";
import { lookUp, takeCall } from "../programs/take.ts";
import { count, key, LARGEST, NO_FD } from "./layout.ts";

export interface CountMaps {
  /** By call: one value of all calls' counts, one after the other, an entry for each CPU, or (`cpus` undefined) one for all. */
  readonly calls?: { readonly map: BpfMap; readonly size: number; readonly cpus: number | undefined };
  /** By key. */
  readonly keys?: { readonly map: BpfMap; readonly empty: BpfMap; readonly by: Readonly<KeyParts> };
  /** Calls for which there was no room. */
  readonly over: BpfMap;
}

export interface KeyParts {
  readonly pid: boolean;
  readonly fd: boolean;
  readonly call: boolean;
  readonly comm: boolean;
}

const { state, flags } = L;
const { record } = state;
const MAX_ERRNO = 4095;
const NOT_IF_PRESENT = 1;
/** Where the key stands on the stack. */
const KEY = -key.bytes - 8;
/** And there: flags of the call, and how many it stands for. */
const DRAWN = KEY - 8;
const WEIGHT = KEY - 16;

export function countEnter(e: Environment, maps: CountMaps): Assembler {
  const a = new Assembler("sys_enter");
  enterCall(a, e, maps.keys === undefined);
  a.step("is the call counted");
  whatIsCounted(a, e, maps);
  goCounted(a, e, "out");
  beginCall(a);
  a.label("out").mov(r0, 0).exit();
  return a;
}

export function countExit(e: Environment, maps: CountMaps): Assembler {
  const { options } = e;
  const a = new Assembler("sys_exit");
  a.step("is the task in a call").load(8, r8, r1, 0).load(8, r9, r1, 8);
  currentTask(a, e, "out");
  returnCounted(a, e, "out", "entered");
  stateOf(a, e, r7, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.inCall).jump("ne", r2, 0, "entered");
  withoutCall(a, "out");
  a.mov(r2, r1).and(r1, ~L.OF_CALL).store(4, r6, state.flags, r1);
  a.and(r2, flags.found).jump("ne", r2, 0, "out");
  refusedCall(a, e, maps);
  a.label("entered")
    .load(4, r1, r6, state.flags)
    .mov(r2, r1)
    .and(r1, ~L.OF_CALL)
    .store(4, r6, state.flags, r1);
  a.and(r2, flags.drawn | flags.left).store(8, r10, DRAWN, r2);
  a.step("the command's exec failed").mov(r2, r1).and(r2, flags.starting).jump("eq", r2, 0, "kept");
  a.jump("sge", r9, 0, "kept").or(r1, flags.hidden).store(4, r6, state.flags, r1).label("kept");
  a.call("ktime_get_ns")
    .store(8, r6, record + L.call.time, r0)
    .mov(r8, r0)
    .load(8, r1, r6, record + L.call.entry)
    .sub(r8, r1);
  if (options.scheduling) schedulingAtExit(a, e);
  if (options.slowerThan > 0) a.constant(r1, options.slowerThan).jump("lt", r8, r1, "out");
  if (options.status === "failed") a.jump("sge", r9, 0, "out").jump("slt", r9, -MAX_ERRNO, "out");
  else if (options.status) a.jump("sge", r9, 0, "fine").jump("sge", r9, -MAX_ERRNO, "out").label("fine");
  if (maps.calls) callCounts(a, maps.calls);
  else keyCounts(a, maps);
  const { counted } = e.maps;
  if (counted) standsFor(a, counted, () => a.load(8, r2, r10, DRAWN));
  else a.mov(r1, 1);
  add(a, options.scheduling, maps.calls?.cpus === undefined);
  if (options.scheduling) schedulingTold(a, e);
  a.label("out").mov(r0, 0).exit();
  return a;
}

/** The call taken, with the index of the tables in r9, is counted as the number there, which is in the state then; goes to "out" if it is not. */
function whatIsCounted(a: Assembler, e: Environment, maps: CountMaps): void {
  lookUp(a, e);
  a.jump("eq", r9, UNWANTED, "out").jump("eq", r9, NO_RETURN, "out").store(4, r6, state.shape, r9);
  if (maps.keys?.by.fd) a.store(4, r6, state.entryShape, r2);
  if (e.options.scheduling) schedulingAtEntry(a, e);
}

/** The call that the registers in r8 are of was refused before it began. Its result stays in r9; goes to "out" if it is not counted. */
function refusedCall(a: Assembler, e: Environment, maps: CountMaps): void {
  a.step("a call that was refused").store(8, r6, record + L.call.ret, r9);
  takeCall(a, e, true, maps.keys === undefined);
  whatIsCounted(a, e, maps);
  a.call("ktime_get_ns").store(8, r6, record + L.call.entry, r0);
  a.load(8, r9, r6, record + L.call.ret);
}

/** r7 = counts of the call. */
function callCounts(a: Assembler, calls: NonNullable<CountMaps["calls"]>): void {
  a.step("counts of the call").load(4, r7, r6, state.shape).jump("ge", r7, calls.size, "out");
  a.alu("mul", r7, count.bytes);
  if (calls.cpus === undefined) a.mapValue(r0, calls.map);
  else valueOfCpu(a, calls.map, "out");
  a.add(r7, r0);
}

/** r7 = counts of the key, made if there are none. */
function keyCounts(a: Assembler, maps: CountMaps): void {
  const { by, map, empty } = maps.keys!;
  a.step("the key");
  for (let i = 0; i < key.bytes; i += 8) a.store(8, r10, KEY + i, 0);
  if (by.pid) a.load(4, r1, r6, state.pid).store(4, r10, KEY + key.pid, r1);
  if (by.call) a.load(4, r1, r6, state.shape).store(4, r10, KEY + key.call, r1);
  if (by.comm)
    a.mov(r1, r10)
      .add(r1, KEY + key.comm)
      .mov(r2, 16)
      .call("get_current_comm");
  if (by.fd) {
    a.step("the descriptor")
      .mov32(r2, NO_FD | 0)
      .load(4, r1, r6, state.entryShape);
    a.jump("eq", r1, 0, "no-fd").jump("gt", r1, 6, "no-fd").sub(r1, 1).lsh(r1, 3).mov(r2, r6).add(r2, r1);
    a.load(4, r2, r2, record + L.call.args)
      .label("no-fd")
      .store(4, r10, KEY + key.fd, r2);
  }
  const find = (): Assembler =>
    a.map(r1, map).mov(r2, r10).add(r2, KEY).call("map_lookup_elem").jump("ne", r0, 0, "found");
  a.step("counts of the key");
  find();
  a.map(r1, map)
    .mov(r2, r10)
    .add(r2, KEY)
    .mapValue(r3, empty)
    .mov(r4, NOT_IF_PRESENT)
    .call("map_update_elem");
  find();
  a.mapValue(r1, maps.over).mov(r2, 1).atomicAdd(8, r1, 0, r2).goto("out");
  a.label("found").mov(r7, r0);
}

/** Adds a call of r8 ns with result r9, which stands for r1, to the counts at r7, which other CPUs add to as well if they are `shared`. */
function add(a: Assembler, scheduling: boolean, shared: boolean): void {
  // nobody else runs on this CPU meanwhile
  const addTo = (at: number, value: Reg) =>
    shared ? a.atomicAdd(8, r7, at, value) : a.load(8, r0, r7, at).add(r0, value).store(8, r7, at, r0);
  a.step("add").store(8, r10, WEIGHT, r1).alu("mul", r1, r8);
  addTo(count.total, r1);
  a.mov(r1, 1);
  addTo(count.timed, r1);
  if (scheduling) {
    // most calls stay on their CPU
    a.load(8, r1, r6, state.facts + L.facts.blocked).jump("eq", r1, 0, "awake");
    addTo(count.blocked, r1);
    a.label("awake").load(8, r2, r6, state.facts + L.facts.queued);
    a.add(r2, r1).jump("eq", r2, 0, "stayed").jump("le", r2, r8, "away").mov(r2, r8).label("away");
    addTo(count.away, r2);
    a.label("stayed");
  }
  a.jump("sge", r9, 0, "succeeded").jump("slt", r9, -MAX_ERRNO, "succeeded").mov(r1, 1);
  addTo(count.errors, r1);
  a.label("succeeded").mov(r2, r8);
  raise(a, count.max, shared);
  a.constant(r2, LARGEST).sub(r2, r8);
  raise(a, count.min, shared);
  a.step("the bucket").mov(r1, r8);
  highestBit(a, r1, r2);
  a.mov(r1, r8).jump("lt", r2, STEP_BITS, "bucket").sub(r2, STEP_BITS).rsh(r1, r2);
  a.lsh(r2, STEP_BITS)
    .add(r1, r2)
    .label("bucket")
    .jump("lt", r1, BUCKETS, "fits")
    .mov(r1, BUCKETS - 1);
  a.label("fits").lsh(r1, 3).add(r7, r1).load(8, r1, r10, WEIGHT);
  addTo(count.buckets, r1);
}

/** Makes a count at r7 at least r2. If it is shared, a second CPU may do so at the same time; a third does not get its turn. */
function raise(a: Assembler, at: number, shared: boolean): void {
  const done = a.fresh("raised");
  for (let i = 0; i < 2 && shared; i++) {
    a.load(8, r0, r7, at).jump("ge", r0, r2, done).mov(r3, r0).compareExchange(8, r7, at, r2);
    a.jump("eq", r0, r3, done);
  }
  if (!shared) a.load(8, r0, r7, at).jump("ge", r0, r2, done).store(8, r7, at, r2);
  a.label(done);
}
