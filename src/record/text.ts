/** Calls as strace text, for recordings. An interface, so that the sink can be tested without decoding. */
import type { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { Text } from "./texts.ts";

/** What was known of a call's arguments at its entry. */
export interface Entry {
  readonly args: Text;
  /** No more arguments will come. */
  readonly complete: boolean;
}

export interface Result {
  readonly args: Text;
  /** What follows the equals sign. */
  readonly ret: Text;
}

export interface CallText {
  /** The arguments known at entry. */
  enter(task: Task, memory: Memory): Entry;
  /** All arguments, given what `enter` returned, and the result. */
  exit(task: Task, memory: Memory, entry: Entry): Result;
  /**
   * The same for a call seen whole. Calls that equal an earlier one (Call.slot, not fresh) get the earlier one's, if
   * that was asked for.
   */
  whole(task: Task, atEntry: Memory, atExit: Memory): Result;
  /** The call in this slot is another one now, and `whole` is not asked about it. */
  forget(slot: number): void;
  /** A finished call of which only the first `known` arguments are there, as numbers. */
  numbers(task: Task, known: number): Result;
  /** What strace prints of a signal: `{si_signo=SIGTERM, …}`. */
  siginfo(task: Task, info: DataView): string;
}
