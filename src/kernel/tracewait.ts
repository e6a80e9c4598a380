/**
 * Waiting for tracees. wait4() blocks the only thread, so before it does, a timer is armed that sends this thread
 * a signal whose handler is a harmless libc function: the wait returns with EINTR. A signal that arrives between
 * arming and waiting is thus late by at most the timer's period, never lost.
 */
import { sleepSync } from "../base/sleep.ts";
import { addressOf, check, errno, libc } from "./ffi.ts";
import { look, status, usage } from "./round.ts";

// addresses instead of pointers: koffi would convert a typed array anew at every call
const wait4 = libc("int wait4(int pid, intptr_t status, int options, intptr_t rusage)");
const timerCreate = libc("int timer_create(int clock, void *event, void *timer)");
const timerSettime = libc("int timer_settime(intptr_t timer, int flags, intptr_t value, intptr_t old)");
const sigaction = libc("int sigaction(int sig, void *act, void *old)");
const siginterrupt = libc("int siginterrupt(int sig, int flag)");
const dlsym = libc("uintptr_t dlsym(intptr_t handle, const char *name)");
const gettid = libc("int gettid()");

const WUNTRACED = 2;
const WALL = 0x40000000;
const EINTR = 4;
const ECHILD = 10;
const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;
/** glibc keeps 32 and 33 for itself; Node uses none of the real-time signals. */
const WAKE_SIGNAL = 42;

const statusAt = addressOf(status);
const usageAt = addressOf(usage);

/** What a wait found. */
export const found = { pid: 0, status: 0 };

/** No children and no tracees are left. */
export const NO_CHILDREN = -1;
/** Nothing yet, or interrupted. */
export const NOTHING = 0;

/**
 * Lets the task put off go on (round.ts) and looks up to `looks` times, without sleeping; the pid (and `found`),
 * NOTHING, or NO_CHILDREN. `withUsage` takes its resource usage for `systemTime`, `ask` what call it is in.
 */
export function poll(looks: number, withUsage: boolean, ask: boolean): number {
  const result = look(looks, withUsage, ask);
  return result < 0 ? finish(-1, -result) : finish(result, 0);
}

/** CPU time in system mode of the task last waited for with its usage or asleep, nanoseconds. */
export function systemTime(): number {
  return Number(usage[2]) * 1e9 + Number(usage[3]) * 1e3;
}

function finish(result: number, error: number): number {
  if (result > 0) {
    found.pid = result;
    found.status = status[0];
    return result;
  }
  return result < 0 && error === ECHILD ? NO_CHILDREN : NOTHING;
}

/** ns */
const SHORTEST_PERIOD = 1e6;

let timer = -1;
/** struct itimerspec: interval and first expiry, each seconds and nanoseconds; the low words suffice. */
const setting = new Uint32Array(8);
const settingAt = addressOf(setting);

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

/** Has the timer interrupt waits, every `ms` milliseconds from now. */
export function arm(ms: number): void {
  if (timer < 0) createTimer();
  const seconds = Math.floor(ms / 1000);
  // the timer repeats, in case it fires before wait4 has begun
  setting[0] = seconds;
  setting[4] = seconds;
  const nanoseconds = Math.max(1, Math.round((ms - seconds * 1000) * 1e6));
  // one that fires faster than its signal is handled leaves time for nothing else
  setting[2] = seconds > 0 ? nanoseconds : Math.max(SHORTEST_PERIOD, nanoseconds);
  setting[6] = nanoseconds;
  timerSettime(timer, 0, settingAt, 0);
}

export function disarm(): void {
  setting.fill(0);
  timerSettime(timer, 0, settingAt, 0);
}

/** Waits asleep. NOTHING when a signal or the timer, which must be armed, interrupts it. */
export function sleep(): number {
  const result = wait4(-1, statusAt, WALL, usageAt);
  return finish(result, result < 0 ? errno() : 0);
}

/** Makes signals with handlers interrupt a wait: libuv installs them with SA_RESTART. Call after process.on(). */
export function interruptBy(signals: readonly number[]): void {
  for (const s of signals) siginterrupt(s, 1);
}

/** Waits for one child to stop or die, blocking. Returns its raw status, or -1. */
export function waitStopped(pid: number): number {
  for (;;) {
    const r = wait4(pid, statusAt, WALL | WUNTRACED, 0);
    if (r === pid) return status[0];
    if (r < 0 && errno() !== EINTR) return -1;
  }
}

const WNOHANG = 1;
const EVENT_STOP = 128;

/** Looks for a status of one task: its pid (and `found`), NOTHING, or NO_CHILDREN if it is not ours to wait for. */
export function pollOne(tid: number): number {
  const result = wait4(tid, statusAt, WALL | WNOHANG, 0);
  return finish(result, result < 0 ? errno() : 0);
}

/**
 * Waits up to `ms` for a seized thread to stop. Returns the signal it is to get when it goes on, 0 for none; undefined
 * when it does not stop, or is dead.
 */
export function pollStopped(tid: number, ms: number): number | undefined {
  for (let waited = 0; ; waited++) {
    const r = wait4(tid, statusAt, WALL | WNOHANG, 0);
    if (r === tid) {
      const word = status[0];
      if ((word & 0xff) !== 0x7f) return undefined;
      return word >> 16 === EVENT_STOP ? 0 : (word >> 8) & 0x7f;
    }
    if (waited >= ms || (r < 0 && errno() !== EINTR)) return undefined;
    sleepSync(1);
  }
}
