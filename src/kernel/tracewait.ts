/**
 * Waiting for tracees. wait4() blocks the only thread, so before it does, a timer is armed that sends this thread
 * a signal whose handler is a harmless libc function: the wait returns with EINTR. A signal that arrives between
 * arming and waiting is thus late by at most the timer's period, never lost.
 */
import { check, errno, libc } from "./ffi.ts";

const wait4 = libc("int wait4(int pid, void *status, int options, void *rusage)");
const timerCreate = libc("int timer_create(int clock, void *event, void *timer)");
const timerSettime = libc("int timer_settime(intptr_t timer, int flags, void *value, void *old)");
const sigaction = libc("int sigaction(int sig, void *act, void *old)");
const siginterrupt = libc("int siginterrupt(int sig, int flag)");
const dlsym = libc("uintptr_t dlsym(intptr_t handle, const char *name)");
const gettid = libc("int gettid()");

const WNOHANG = 1;
const WALL = 0x40000000;
const EINTR = 4;
const ECHILD = 10;
const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;
/** glibc keeps 32 and 33 for itself; Node uses none of the real-time signals. */
const WAKE_SIGNAL = 42;

const status = new Int32Array(1);
/** struct rusage: ru_utime and ru_stime are its first four words (getrusage(2)). */
const usage = new BigInt64Array(18);

/** What a wait found. */
export const found = { pid: 0, status: 0 };

/** No children and no tracees are left. */
export const NO_CHILDREN = -1;
/** Nothing yet, or interrupted. */
export const NOTHING = 0;

/** Looks without waiting; the pid (and `found`), NOTHING, or NO_CHILDREN. */
export function poll(pid = -1): number {
  return finish(wait4(pid, status, WALL | WNOHANG, null));
}

/** CPU time in system mode of the task last waited for with `pollUsage`, nanoseconds. */
export function systemTime(): number {
  return Number(usage[2]) * 1e9 + Number(usage[3]) * 1e3;
}

/** Like poll, and fills in resource usage. */
export function pollUsage(pid = -1): number {
  return finish(wait4(pid, status, WALL | WNOHANG, usage));
}

function finish(result: number): number {
  if (result > 0) {
    found.pid = result;
    found.status = status[0];
    return result;
  }
  if (result < 0 && errno() === ECHILD) return NO_CHILDREN;
  return NOTHING;
}

let timer = -1;
const setting = new BigInt64Array(4);

function createTimer(): void {
  const action = new BigUint64Array(19);
  // abs(3) takes an int, returns an int and touches nothing else
  action[0] = BigInt(dlsym(0, "abs"));
  check(sigaction(WAKE_SIGNAL, action, null), "sigaction()");
  const event = new Int32Array(16);
  event[2] = WAKE_SIGNAL;
  event[3] = SIGEV_THREAD_ID;
  event[4] = gettid();
  const id = new BigInt64Array(1);
  check(timerCreate(CLOCK_MONOTONIC, event, id), "timer_create()");
  timer = Number(id[0]);
}

/** Waits up to `ms` milliseconds. Returns early when a signal arrives. */
export function waitFor(ms: number): number {
  if (timer < 0) createTimer();
  const ns = BigInt(Math.max(1, Math.round(ms * 1e6)));
  setting[2] = ns / 1_000_000_000n;
  setting[3] = ns % 1_000_000_000n;
  // re-arms itself, in case it fires before wait4 has begun
  setting[0] = setting[2];
  setting[1] = setting[3];
  timerSettime(timer, 0, setting, null);
  const result = wait4(-1, status, WALL, null);
  const code = result < 0 ? errno() : 0;
  setting.fill(0n);
  timerSettime(timer, 0, setting, null);
  if (result > 0) {
    found.pid = result;
    found.status = status[0];
    return result;
  }
  return code === ECHILD ? NO_CHILDREN : NOTHING;
}

/** Makes signals with handlers interrupt a wait: libuv installs them with SA_RESTART. Call after process.on(). */
export function interruptBy(signals: readonly number[]): void {
  for (const s of signals) siginterrupt(s, 1);
}

/** Waits for one child to stop or die, blocking. Returns its raw status, or -1. */
export function waitStopped(pid: number): number {
  const WUNTRACED = 2;
  for (;;) {
    const r = wait4(pid, status, WALL | WUNTRACED, null);
    if (r === pid) return status[0];
    if (r < 0 && errno() !== EINTR) return -1;
  }
}
