/** Where tasks are that compute: run by a clock on every CPU. */
import { Assembler, r0, r1, r2, r3, r4, r6, r7, r8, r9 } from "../asm.ts";
import * as L from "../layout.ts";
import { currentState, type Environment } from "./common.ts";
import { sendBytes } from "./send.ts";

const { state, flags, kinds } = L;
const BPF_F_USER_STACK = 1 << 8;
const STACK_BYTES = L.SAMPLE_FRAMES * 8;
const { sample } = L;

export function cpuSample(e: Environment): Assembler {
  const a = new Assembler("svtrace_sample");
  a.mov(r9, r1);
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags)
    .and(r1, flags.followed | flags.hidden)
    .jump("ne", r1, flags.followed, "out");
  a.store(8, r6, state.sample, kinds.sample).load(4, r1, r6, state.tid);
  a.store(4, r6, state.sample + L.head.tid, r1);
  a.call("ktime_get_ns").store(8, r6, state.sample + L.head.time, r0);
  a.step("the kernel's stack")
    .mov(r1, r9)
    .mov(r2, r6)
    .add(r2, state.sample + sample.frames);
  a.mov(r3, STACK_BYTES).mov(r4, 0).call("get_stack").mov(r7, r0);
  a.jump("sge", r7, 0, "kernel").mov(r7, 0).label("kernel").jump("le", r7, STACK_BYTES, "fits");
  a.mov(r7, STACK_BYTES).label("fits").mov(r1, r7).rsh(r1, 3);
  a.store(4, r6, state.sample + sample.kernel, r1);
  a.step("the program's stack")
    .mov(r1, r9)
    .mov(r2, r6)
    .add(r2, r7)
    .add(r2, state.sample + sample.frames);
  a.mov(r3, STACK_BYTES).mov(r4, BPF_F_USER_STACK).call("get_stack").mov(r8, r0);
  a.jump("sge", r8, 0, "user").mov(r8, 0).label("user").jump("le", r8, STACK_BYTES, "all");
  a.mov(r8, STACK_BYTES).label("all").add(r8, r7).mov(r1, r8).rsh(r1, 3);
  a.store(4, r6, state.sample + sample.count, r1);
  a.jump("eq", r8, 0, "out").mov(r2, r6).add(r2, state.sample).mov(r3, r8).add(r3, sample.frames);
  sendBytes(a, e);
  a.label("out").mov(r0, 0).exit();
  return a;
}
