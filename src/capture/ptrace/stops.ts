/** What a wait status says, as one small table: man 2 wait and "Stopped states" of man 2 ptrace. */

/** Kinds of stop and of death, in the order of the engine's handlers. */
export const Stop = {
  exited: 0,
  killed: 1,
  syscall: 2,
  signal: 3,
  /** A child, thread or vfork child was created. */
  child: 4,
  exec: 5,
  seccomp: 6,
  group: 7,
  /** PTRACE_INTERRUPT, the first stop of a child, or the end of a group-stop. */
  interrupt: 8,
  /** Events that need nothing but to be let go. */
  other: 9,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

const SIGTRAP = 5;
/** PTRACE_O_TRACESYSGOOD sets bit 7 of the signal in system call stops. */
const SYSCALL_TRAP = SIGTRAP | 0x80;

/** PTRACE_EVENT_* (include/uapi/linux/ptrace.h); EVENT_STOP, 128, needs a look at the signal. */
const byEvent: readonly Stop[] = [
  Stop.signal,
  Stop.child, // FORK
  Stop.child, // VFORK
  Stop.child, // CLONE
  Stop.exec,
  Stop.other, // VFORK_DONE
  Stop.other, // EXIT
  Stop.seccomp,
];
const EVENT_STOP = 128;
/** clone(2) with an exit signal other than SIGCHLD: threads, and odd processes. */
export const EVENT_CLONE = 3;

export function classify(status: number): Stop {
  if ((status & 0xff) === 0x7f) {
    const event = status >> 16;
    const signo = (status >> 8) & 0xff;
    if (event === 0) return signo === SYSCALL_TRAP ? Stop.syscall : Stop.signal;
    if (event === EVENT_STOP) return signo === SIGTRAP ? Stop.interrupt : Stop.group;
    return byEvent[event] ?? Stop.other;
  }
  return (status & 0x7f) === 0 ? Stop.exited : Stop.killed;
}

export const isDeath = (status: number): boolean => (status & 0xff) !== 0x7f;
export const exitStatus = (status: number): number => (status >> 8) & 0xff;
export const deathSignal = (status: number): number => status & 0x7f;
export const dumpedCore = (status: number): boolean => (status & 0x80) !== 0;
export const stopSignal = (status: number): number => (status >> 8) & 0x7f;
export const stopEvent = (status: number): number => status >> 16;
