/**
 * Tasks of a group that is quiet: their calls are counted in the kernel and noted in a ring that is only looked at when
 * something has happened; slow ones are sent as ever. Both are maps that user space sees in its own memory.
 */
import { type Assembler, r0, r1, r2, r3, r4, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { type Environment, highestBit, valueAt, valueOfCpu } from "./common.ts";

const { state } = L;
const { record } = state;
const MAX_ERRNO = 4095;

/** Goes to `done` with calls that are not to be sent. r6: state. */
export function countQuietly(a: Assembler, e: Environment, done: string): void {
  const { quiet } = e.maps;
  if (!quiet) return;
  const loud = a.fresh("loud");
  const counted = a.fresh("counted");
  const fine = a.fresh("fine");
  const most = a.fresh("most");
  const noted = a.fresh("noted");
  a.step("is the task's group quiet")
    .load(4, r8, r6, state.group)
    .jump("gt", r8, L.GROUPS - 1, loud);
  a.mov(r1, r8).lsh(r1, 3).mapValue(r2, quiet.thresholds).add(r2, r1).load(8, r7, r2, 0);
  a.jump("eq", r7, 0, loud)
    .load(8, r9, r6, record + L.call.time)
    .load(8, r2, r6, record + L.call.entry);
  a.jump("eq", r2, 0, loud).sub(r9, r2);
  a.load(4, r1, r6, record + L.call.nr);
  for (const nr of e.kernel.execs) a.jump("eq", r1, nr, loud);
  a.step("count the call")
    .load(1, r2, r6, record + L.call.abi)
    .jump("ne", r2, L.ABI_X86_64, counted);
  // the number stays in a register: of what is loaded again the verifier does not know that it is small enough
  a.jump("gt", r1, L.COUNTED_CALLS - 1, counted)
    .mov(r2, r8)
    .mov(r8, r1);
  valueAt(a, quiet.counts, r2, counted);
  a.mov(r3, r0).alu("mul", r8, L.counts.bytes).add(r3, r8);
  a.atomicAdd(8, r3, L.counts.total, r9);
  a.load(8, r2, r6, record + L.call.ret)
    .jump("sge", r2, 0, fine)
    .jump("slt", r2, -MAX_ERRNO, fine);
  a.mov(r1, 1).atomicAdd(8, r3, L.counts.errors, r1).label(fine);
  a.load(8, r2, r3, L.counts.longest).jump("ge", r2, r9, most).store(8, r3, L.counts.longest, r9).label(most);
  const fits = a.fresh("fits");
  a.mov(r2, r9);
  highestBit(a, r2, r4);
  a.jump("le", r4, L.BUCKETS - 1, fits)
    .mov(r4, L.BUCKETS - 1)
    .label(fits);
  a.lsh(r4, 2).add(r3, r4).mov(r1, 1).atomicAdd(4, r3, L.counts.buckets, r1).label(counted);
  a.step("note the call");
  valueOfCpu(a, quiet.flight, noted);
  a.mov(r2, r0);
  // no other task gets this CPU meanwhile
  a.load(8, r1, r2, L.flight.next).mov(r3, r1).add(r3, 1).store(8, r2, L.flight.next, r3);
  a.and(r1, quiet.slots - 1)
    .alu("mul", r1, L.flight.bytes)
    .add(r2, r1);
  for (const [to, from, size] of [
    [L.flight.time, record + L.call.time, 8],
    [L.flight.ret, record + L.call.ret, 8],
    [L.flight.tid, record + L.call.tid, 4],
    [L.flight.nr, record + L.call.nr, 4],
    [L.flight.args, record + L.call.args, 8],
    [L.flight.args + 8, record + L.call.args + 8, 8],
    [L.flight.args + 16, record + L.call.args + 16, 8],
  ] as const)
    a.load(size, r0, r6, from).store(size, r2, L.flight.slots + to, r0);
  a.store(8, r2, L.flight.slots + L.flight.duration, r9);
  a.label(noted).jump("lt", r9, r7, done).label(loud);
}
