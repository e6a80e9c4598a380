/** What can be done to a call: data, for engines that stop tracees. */
import type { Abi } from "../abi/syscalls.ts";
import type { Task } from "./event.ts";
import type { Memory } from "./memory.ts";

/** Bytes to be written where an argument points to. */
export interface Poke {
  /** From 0. */
  readonly arg: number;
  readonly bytes: Uint8Array;
}

export interface Injection {
  /** What the call returns instead of being made: an errno, or a value (low and high half). */
  readonly result: { readonly errno: number } | { readonly lo: number; readonly hi: number } | undefined;
  /** A call without effect that is made in its place, by name; undefined: none. */
  readonly instead: string | undefined;
  /** Sent at the call's entry; 0 for none. */
  readonly signal: number;
  /** ns to wait before and after the call. */
  readonly delayEntry: number | undefined;
  readonly delayExit: number | undefined;
  readonly pokesAtEntry: readonly Poke[];
  readonly pokesAtExit: readonly Poke[];
  /** Which of a task's calls of one number, from 1: `first` and each `step`th after it up to `last`. */
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export interface InjectionRule {
  has(abi: Abi, nr: number): boolean;
  readonly injection: Injection;
}

export interface Tampering {
  /** Of those that name a call the last counts. */
  readonly rules: readonly InjectionRule[];
  /** Calls it is about at all; all if not given. Others are not counted either. */
  readonly applies?: (task: Task, memory: Memory) => boolean;
  /** Is told of what could not be done. */
  readonly complain: (text: string) => void;
}
