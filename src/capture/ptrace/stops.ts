/** What a wait status of a seized tracee means: include/uapi/linux/ptrace.h, ptrace(2). */

export type Stop =
  | "exited"
  | "killed"
  | "syscall"
  | "seccomp"
  | "fork"
  | "vfork"
  | "clone"
  | "exec"
  | "group-stop"
  | "trap"
  | "signal"
  | "other";

const SIGTRAP = 5;
const SYSCALL_STOP = SIGTRAP | 0x80;
const EVENT_STOP = 128;
const events: readonly (Stop | undefined)[] = [
  undefined,
  "fork",
  "vfork",
  "clone",
  "exec",
  undefined,
  undefined,
  "seccomp",
];
const stopSignals: ReadonlySet<number> = new Set([19, 20, 21, 22]);

export function classify(status: number): Stop {
  if ((status & 0x7f) === 0) return "exited";
  if ((status & 0xff) !== 0x7f) return "killed";
  const signal = stopSignal(status);
  const event = status >> 16;
  if (event === 0) return signal === SYSCALL_STOP ? "syscall" : "signal";
  // a group-stop carries the stopping signal; PTRACE_INTERRUPT, a new task's first stop and SIGCONT carry SIGTRAP
  if (event === EVENT_STOP) return stopSignals.has(signal) ? "group-stop" : "trap";
  return events[event] ?? "other";
}

export const stopSignal = (status: number): number => (status >> 8) & 0xff;
