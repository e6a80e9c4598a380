/** Calls as strace text, for recordings. An interface, so that the sink can be tested without decoding. */
import type { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";

/** What was known of a call's arguments at its entry. */
export interface Entry {
  readonly text: string;
  /** No more arguments will come. */
  readonly complete: boolean;
}

export interface CallText {
  /** The arguments known at entry. */
  enter(task: Task, memory: Memory): Entry;
  /** All arguments, given what `enter` returned, and the text after the equals sign. */
  exit(task: Task, memory: Memory, entry: Entry): { args: string; ret: string };
  /** What strace prints of a signal: `{si_signo=SIGTERM, …}`. */
  siginfo(task: Task, info: DataView): string;
}
