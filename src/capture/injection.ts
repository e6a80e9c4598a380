/** Tampering with calls of tracees, as data: what strace(1) calls injection. */

/** Memory of the tracee that is overwritten: behind an argument (0-based), with these bytes. */
export interface Poke {
  readonly arg: number;
  readonly bytes: Uint8Array;
}

/** What is done to a call. With `error` or `result` the call itself is not made. */
export interface Injection {
  /** errno it fails with instead. */
  readonly error?: number;
  /** 64-bit value it returns instead. */
  readonly result?: bigint;
  /** A call without side effects that is made in its place. */
  readonly replacement?: string;
  /** Signal delivered at its entry. */
  readonly signal?: number;
  /** Nanoseconds the task is held up before the call, and after it. */
  readonly delayEntry?: number;
  readonly delayExit?: number;
  readonly pokeEntry?: readonly Poke[];
  readonly pokeExit?: readonly Poke[];
  /** To which of a task's calls of one number, counted from 1: from `first` to `last`, each `step`th; 0: `first` only. */
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Whether the `n`th call is one of them. */
export function applies({ first, last, step }: Injection, n: number): boolean {
  if (n < first || n > last) return false;
  return step === 0 ? n === first : (n - first) % step === 0;
}

/** What was done to a call; bits of `Call.tampered`. */
export const tampered = { result: 1, memory: 2, delay: 4 } as const;
