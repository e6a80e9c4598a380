/** Scheduling policies of threads (sched_setscheduler(2)). */
import { addressOf, check, libc } from "./ffi.ts";

const sched_setscheduler = libc("int sched_setscheduler(int pid, int policy, intptr_t param)");
const clock_getres = libc("int clock_getres(int clockid, intptr_t res)");
const sched_getscheduler = libc("int sched_getscheduler(int pid)");

/** include/uapi/linux/sched.h */
export const SCHED_OTHER = 0;
/** Runs where nobody else wants to; a CPU that only runs such threads counts as idle when others are placed. */
export const SCHED_IDLE = 5;

/** struct sched_param: no static priority. */
const param = new Int32Array(1);

/** Of the thread with this tid, or of the calling one (0). Throws SysError. */
export function setPolicy(tid: number, policy: number): void {
  check(sched_setscheduler(tid, policy, addressOf(param)), `sched_setscheduler(${tid}, ${policy})`);
}

/** Of the thread with this tid, or of the calling one (0). Throws SysError. */
export function policyOf(tid: number): number {
  return check(sched_getscheduler(tid), `sched_getscheduler(${tid})`);
}

/** include/uapi/linux/time.h */
const clocks = { CLOCK_MONOTONIC: 1, CLOCK_MONOTONIC_COARSE: 6 } as const;

/** Nanoseconds. Throws SysError. */
function resolution(clock: keyof typeof clocks): number {
  const res = new BigInt64Array(2);
  check(clock_getres(clocks[clock], addressOf(res)), `clock_getres(${clock})`);
  return Number(res[0]) * 1e9 + Number(res[1]);
}

/** Nanoseconds between ticks of the kernel's timer (a jiffy), which is how exact its coarse clocks are. Throws SysError. */
export const tickLength = (): number => resolution("CLOCK_MONOTONIC_COARSE");

/** Whether timers end when they are due, and not with the next tick (hrtimer_resolution). Throws SysError. */
export const finelyTimed = (): boolean => resolution("CLOCK_MONOTONIC") === 1;
