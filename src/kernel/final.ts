/** The last system calls of a program that becomes another: nothing of Node's runs between them. */
import { callRunner, nr } from "./arch/index.ts";
import { machineCode } from "./code.ts";
import { addressOf } from "./ffi.ts";

const STEP_WORDS = 9;
const RESULT = 8;
const WORD_BYTES = 8;

/** A limit as setrlimit(2) has it: RLIMIT_* number, bytes or counts. */
export interface FinalLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

let run: ((steps: BigInt64Array, count: number) => void) | undefined;

/**
 * Sets the limits and calls execve; the strings are at the addresses. Under limits on memory Node would not live to make
 * the next call. Returns errno, the limits being what they were, when there was no exec.
 */
export function limitAndExec(
  limits: readonly FinalLimit[],
  path: Uint8Array,
  argv: number,
  env: number,
): number {
  run ??= machineCode(callRunner, "void svtrace_run_calls(void *steps, uintptr_t count)") as NonNullable<
    typeof run
  >;
  const values = new BigUint64Array(limits.length * 4);
  const at = addressOf(values);
  const place = (i: number, k: number) => at + (i * 4 + k) * WORD_BYTES;
  for (const [i, l] of limits.entries()) values.set([l.soft, l.hard], i * 4);
  const calls = [
    ...limits.map((l, i) => [nr.prlimit64, 0, l.resource, place(i, 0), place(i, 2)]),
    [nr.execve, addressOf(path), argv, env],
    ...limits.map((l, i) => [nr.prlimit64, 0, l.resource, place(i, 2), 0]).reverse(),
  ];
  const steps = new BigInt64Array(calls.length * STEP_WORDS);
  for (const [i, call] of calls.entries()) steps.set(call.map(BigInt), i * STEP_WORDS);
  run(steps, calls.length);
  // only their addresses were passed: they must live until here
  kept = [values, path];
  return -Number(steps[limits.length * STEP_WORDS + RESULT]);
}

let kept: readonly unknown[] = [];
void kept;
