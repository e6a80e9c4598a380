/** Calls as strace text, for recordings. An interface, so that the sink can be tested without decoding. */
import type { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";

export interface CallText {
  /** The arguments known at entry. */
  enter(task: Task, memory: Memory): string;
  /** All arguments, given what `enter` returned, and the text after the equals sign. */
  exit(task: Task, memory: Memory, before: string): { args: string; ret: string };
  /** Arguments of a call that has not returned, or never will; `cut` if more of them were to come. */
  unfinished(before: string, cut: boolean): string;
  /** What strace prints of a signal: `{si_signo=SIGTERM, …}`. */
  siginfo(task: Task, info: DataView): string;
}
