/** Sending records: through the ring for all CPUs, or, calls, through the CPU's own lane (layout.ts). */
import { type Assembler, r0, r1, r2, r3, r4, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { DATA_BYTES } from "../reads.ts";
import { type Environment, type LaneMap, valueAt, valueOfCpu } from "./common.ts";

const RINGBUF_NO_WAKEUP = 1;
/** Wakes who waits, if all before was read (bpf_ringbuf_commit, kernel/bpf/ringbuf.c). */
const RINGBUF_ADAPTIVE = 0;
const wakeup = ({ options }: Environment): number => (options.wakes ? RINGBUF_ADAPTIVE : RINGBUF_NO_WAKEUP);
/** Of a record, the bytes that are copied without a helper: more than most records have. */
const COPIED = 128;
/** A word on the stack. */
const PRODUCER = -16;

const { state, kinds } = L;
const { record } = state;

/** Counts an attempt to send; r0 is what came of it. `owner`: also notes a loss in the state in r6. Clobbers r0 to r5 and r9. */
export function countSent(a: Assembler, e: Environment, owner: boolean): void {
  const good = a.fresh("sent");
  const out = a.fresh("counted");
  a.step("count what is sent").mov(r9, r0);
  a.mov(r0, 0);
  valueAt(a, e.maps.counters, r0, out);
  // programs at tracepoints of calls run without preemption, so that nobody else adds to this meanwhile; what is called back does not
  if (owner && !e.maps.long)
    a.load(8, r1, r0, L.counters.calls).add(r1, 1).store(8, r0, L.counters.calls, r1);
  else a.mov(r1, 1).atomicAdd(8, r0, L.counters.others, r1);
  a.jump("sge", r9, 0, good).mov(r1, 1).atomicAdd(8, r0, L.counters.lost, r1);
  if (owner) a.atomicAdd(4, r6, state.lost, r1);
  else a.atomicAdd(8, r0, L.counters.othersLost, r1);
  a.goto(out).label(good);
  if (owner) a.store(4, r6, state.lost, 0);
  a.label(out);
}

/** Sends the record in the state in r6. Clobbers r7 to r9 where there are lanes, else r9. */
export function sendCall(a: Assembler, e: Environment): void {
  const fits = a.fresh("fits");
  const sent = a.fresh("sent");
  a.step("send the record");
  a.load(4, r1, r6, state.lost).store(4, r6, record + L.call.lost, r1);
  a.load(4, r3, r6, state.cursor).jump("le", r3, DATA_BYTES, fits).mov(r3, DATA_BYTES).label(fits);
  a.store(4, r6, record + L.call.length, r3)
    .add(r3, L.call.data)
    .mov(r2, r6)
    .add(r2, record);
  withFacts(a, e);
  if (e.maps.lanes) sendByLane(a, e.maps.lanes, sent);
  a.map(r1, e.maps.events).mov(r4, wakeup(e)).call("ringbuf_output");
  countSent(a, e, true);
  a.label(sent);
}

/**
 * Writes the r3 bytes at r2 into the lane of this CPU and goes to `sent`; goes on, with r2 and r3 as they were, if there is no
 * room, no lane, or if it is being written: programs at tracepoints of calls run without preemption, so it is not unless that
 * has changed.
 */
function sendByLane(a: Assembler, { map, size }: LaneMap, sent: string): void {
  const { lane } = L;
  const none = a.fresh("no-lane");
  const full = a.fresh("full");
  const inside = a.fresh("inside");
  const copied = a.fresh("copied");
  a.step("the lane").mov(r7, r2).mov(r8, r3);
  valueOfCpu(a, map, none);
  a.mov(r9, r0);
  a.step("room in the lane");
  a.load(4, r1, r9, lane.busy).jump("ne", r1, 0, none).store(4, r9, lane.busy, 1);
  a.load(8, r1, r9, lane.producer).load(8, r2, r9, lane.consumer);
  // r1: where it is written, r4: bytes of the record with its head
  a.mov(r4, r8)
    .add(r4, 8 + 7)
    .and(r4, ~7);
  // what is copied may be longer than the record
  a.mov(r3, r1)
    .sub(r3, r2)
    .add(r3, r4)
    .jump("gt", r3, size - COPIED - 8, full);
  a.mov(r2, r1)
    .and(r2, size - 1)
    .add(r1, r4);
  a.add(r4, r2).jump("lt", r4, size, inside);
  // the next one stands at the beginning
  a.sub(r1, r4).add(r1, size).label(inside);
  a.step("copy to the lane").add(r2, r9).store(4, r2, lane.data, r8);
  for (let i = 0; i < COPIED; i += 8) a.load(8, r0, r7, i).store(8, r2, lane.data + 8 + i, r0);
  a.jump("le", r8, COPIED, copied).store(8, r10, PRODUCER, r1);
  a.mov(r1, r2)
    .add(r1, lane.data + 8 + COPIED)
    .mov(r2, r8)
    .sub(r2, COPIED)
    .mov(r3, r7)
    .add(r3, COPIED);
  a.call("probe_read_kernel").load(8, r1, r10, PRODUCER).label(copied);
  a.step("the record is complete").store(8, r9, lane.producer, r1);
  a.load(8, r1, r9, lane.sent).add(r1, 1).store(8, r9, lane.sent, r1);
  a.store(4, r9, lane.busy, 0).store(4, r6, state.lost, 0).goto(sent);
  a.label(full).store(4, r9, lane.busy, 0);
  a.label(none).mov(r2, r7).mov(r3, r8);
}

/** Makes the r3 bytes at r2 begin with the facts, unless all that is asked for is zero, as it is for most calls. */
function withFacts(a: Assembler, { options }: Environment): void {
  if (!options.scheduling && !options.pointers) return;
  const none = a.fresh("facts");
  if (!options.pointers) a.load(4, r1, r6, state.moved).jump("eq", r1, 0, none);
  a.store(1, r6, state.facts + L.facts.kind, kinds.facts)
    .sub(r2, L.facts.bytes)
    .add(r3, L.facts.bytes);
  a.label(none);
}

/** Sends r3 bytes at r2. Clobbers r9. */
export function sendBytes(a: Assembler, e: Environment): void {
  a.map(r1, e.maps.events).mov(r4, wakeup(e)).call("ringbuf_output");
  countSent(a, e, false);
}

/** Sends `bytes` bytes at the frame's end. Clobbers r9. */
export function sendSmall(a: Assembler, e: Environment, bytes: number): void {
  a.mov(r2, r10)
    .add(r2, -bytes - 8)
    .mov(r3, bytes);
  sendBytes(a, e);
}

/** Writes the head of a small record at the frame's end: tid from the state in r6, time from the clock. */
export function smallHead(a: Assembler, kind: number, bytes: number): void {
  const base = -bytes - 8;
  for (let i = 0; i < bytes; i += 8) a.store(8, r10, base + i, 0);
  a.store(1, r10, base + L.head.kind, kind)
    .load(4, r1, r6, state.tid)
    .store(4, r10, base + L.head.tid, r1);
  a.call("ktime_get_ns").store(8, r10, base + L.head.time, r0);
}
