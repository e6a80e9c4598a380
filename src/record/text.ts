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
  /** What strace prints of a signal: `{si_signo=SIGTERM, …}`. */
  siginfo(task: Task, info: DataView): string;
}
