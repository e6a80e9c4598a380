/** Signals: those that are delivered, and those that nobody sees without a tracer. */
import { Assembler, r0, r1, r2, r3, r6, r7, r8, r9, r10 } from "../asm.ts";
import * as L from "../layout.ts";
import { currentState, type Environment, findState } from "./common.ts";
import { sendSmall, smallHead } from "./send.ts";

const { state, flags, kinds } = L;

const INFO_BYTES = 48;
/** The kernel's way to end the other threads of a process; no tracer sees it. */
const SIGKILL = 9;

/** signal_deliver(sig, info, ka): in the context of the task. */
export function signalDeliver(e: Environment): Assembler {
  const { bytes } = L.signal;
  const base = -bytes - 8;
  const a = new Assembler("signal_deliver");
  a.mov(r8, r1);
  currentState(a, e, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("eq", r2, 0, "out");
  a.and(r1, flags.hidden).jump("ne", r1, 0, "out");
  a.load(4, r1, r8, 0).jump32("eq", r1, SIGKILL, "out");
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

/** Result of signal_generate for a signal that is thrown away; 0 is for one on its way (include/trace/events/signal.h). */
const IGNORED = 1;

/** signal_generate(sig, info, task, group, result): in the context of the sender. */
export function signalGenerate(e: Environment): Assembler {
  const { bytes } = L.signal;
  const base = -bytes - 8;
  const a = new Assembler("signal_generate");
  a.mov(r8, r1).load(4, r9, r8, 32).jump32("gt", r9, IGNORED, "out");
  a.load(8, r7, r8, 16);
  findState(a, e, r7, "out");
  a.load(4, r1, r6, state.flags).mov(r2, r1).and(r2, flags.followed).jump("ne", r2, 0, "followed");
  a.step("of what the process as a whole is sent its first thread is told, and if it is a zombie");
  a.mov(r2, r1).and(r2, flags.ended).jump("eq", r2, 0, "out").jump32("ne", r9, 0, "out").label("followed");
  a.and(r1, flags.hidden).jump("ne", r1, 0, "out");
  smallHead(a, kinds.generated, bytes);
  a.store(4, r10, base + L.signal.ignored, r9);
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
