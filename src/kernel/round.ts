/**
 * A tracer's round in one crossing from JavaScript: let the tracee go on, look for the next status, ask what call it
 * is about. What is to go on is put off until the next look, unless that would keep it waiting.
 */
import { tracerRound } from "./arch/index.ts";
import { machineCode } from "./code.ts";
import { addressOf } from "./ffi.ts";

const WORDS = 10;
const REQUEST = 0;
const TID = 2;
const SIGNAL = 4;
const LOOKS = 6;
const WAIT_RESULT = 16;
const INFO_RESULT = 18;

/** See arch/: 64-bit words, of which the low halves matter but for addresses. */
const state = new Int32Array(WORDS * 2);
const stateAt = addressOf(state);
const addresses = new BigUint64Array(state.buffer);
let run: ((state: number) => number) | undefined;

/** struct ptrace_syscall_info (include/uapi/linux/ptrace.h), as 32-bit words. */
export const syscallWords = new Uint32Array(22);
const syscallWordsAt = BigInt(addressOf(syscallWords));
/** Of the task last waited for. */
export const status = new Int32Array(1);
/** struct rusage: ru_utime and ru_stime are its first four words (getrusage(2)). */
export const usage = new BigInt64Array(18);
const usageAt = BigInt(addressOf(usage));

/** Task whose `syscallWords` came with its status; 0 for none. */
let answered = 0;

/** Lets `tid` go on at the next `look`. At most one can wait for that. */
export function goOnLater(request: number, tid: number, signal: number): void {
  state[REQUEST] = request;
  state[TID] = tid;
  state[SIGNAL] = signal;
}

/** Whether a task waits for `look` to let it go on. */
export const goesOnLater = (): boolean => state[REQUEST] !== 0;

/**
 * Lets go on what was put off and looks up to `looks` times for a status. Returns a pid, 0, or -errno of wait4(2).
 * A system call stop is asked about if `ask`.
 */
export function look(looks: number, withUsage: boolean, ask: boolean): number {
  if (!run) {
    run = machineCode(tracerRound, "long svtrace_tracer_round(intptr_t state)") as NonNullable<typeof run>;
    addresses[4] = BigInt(addressOf(status));
  }
  state[LOOKS] = looks;
  addresses[5] = withUsage ? usageAt : 0n;
  addresses[6] = ask ? syscallWordsAt : 0n;
  state[INFO_RESULT] = 0;
  run(stateAt);
  state[REQUEST] = 0;
  const found = state[WAIT_RESULT];
  if (ask) answered = found > 0 && state[INFO_RESULT] > 0 ? found : 0;
  return found;
}

/** Whether `syscallWords` tell of the stop `tid` is in; true once. */
export function takeAnswer(tid: number): boolean {
  if (answered !== tid) return false;
  answered = 0;
  return true;
}
