/**
 * The last system calls of a program that becomes another: nothing of Node's runs between them. They undo what Node did
 * to this process when it started.
 */
import { callRunner, nr } from "./arch/index.ts";
import { machineCode } from "./code.ts";
import { addressOf } from "./ffi.ts";
import { inherited } from "./inherited.ts";
import { inheritedFileLimit, resources } from "./limits.ts";

const STEP_WORDS = 9;
const RESULT = 8;
const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_IGN = 1n;
const SIG_SETMASK = 2;
const SIGSET_BYTES = 8;
/** struct sigaction of the kernel: handler, flags, restorer, mask. */
const ACTION_WORDS = 4;

/** A limit as setrlimit(2) has it: RLIMIT_* number, bytes or counts. */
export interface FinalLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

let run: ((steps: BigInt64Array, count: number) => void) | undefined;

/** A call that changes something, and the one that changes it back. */
interface Change {
  readonly make: readonly number[];
  readonly undo: readonly number[];
}

/**
 * Gives signals and limits the state we were started with, sets `limits` and calls execve; the strings are at the
 * addresses. Under limits on memory Node would not live to make the next call. Returns errno, everything being what it was,
 * when there was no exec.
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
  kept = [path];
  const changes = [...limitChanges([...ownLimit(), ...limits]), ...signalChanges(), maskChange()];
  const calls = [
    ...changes.map((c) => c.make),
    [nr.execve, addressOf(path), argv, env],
    ...changes.map((c) => c.undo).reverse(),
  ];
  const steps = new BigInt64Array(calls.length * STEP_WORDS);
  for (const [i, call] of calls.entries()) steps.set(call.map(BigInt), i * STEP_WORDS);
  run(steps, calls.length);
  return -Number(steps[changes.length * STEP_WORDS + RESULT]);
}

function ownLimit(): FinalLimit[] {
  const limit = inheritedFileLimit();
  return limit ? [{ resource: resources.NOFILE, ...limit }] : [];
}

function limitChanges(limits: readonly FinalLimit[]): Change[] {
  return limits.map(({ resource, soft, hard }) => {
    const [wanted, old] = [memory([soft, hard]), memory([0n, 0n])];
    return { make: [nr.prlimit64, 0, resource, wanted, old], undo: [nr.prlimit64, 0, resource, old, 0] };
  });
}

/** Handlers become the default disposition by themselves; SIGPIPE and SIGXFSZ Node ignores. */
function signalChanges(): Change[] {
  const ignored = inherited?.ignored ?? new Set();
  return [...new Set([SIGPIPE, SIGXFSZ, ...ignored])].map((signal) => {
    const wanted = memory([ignored.has(signal) ? SIG_IGN : 0n, 0n, 0n, 0n]);
    const old = memory(new Array<bigint>(ACTION_WORDS).fill(0n));
    return {
      make: [nr.rt_sigaction, signal as number, wanted, old, SIGSET_BYTES],
      undo: [nr.rt_sigaction, signal as number, old, 0, SIGSET_BYTES],
    };
  });
}

function maskChange(): Change {
  const [wanted, old] = [memory([inherited?.blocked ?? 0n]), memory([0n])];
  return {
    make: [nr.rt_sigprocmask, SIG_SETMASK, wanted, old, SIGSET_BYTES],
    undo: [nr.rt_sigprocmask, SIG_SETMASK, old, 0, SIGSET_BYTES],
  };
}

/** The address of these words, which stay where they are until the next exec is tried. */
function memory(words: readonly bigint[]): number {
  const buffer = BigUint64Array.from(words);
  kept.push(buffer);
  return addressOf(buffer);
}

// only their addresses were passed
let kept: unknown[] = [];
