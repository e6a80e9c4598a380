/** Signal dispositions of our own, which Node knows only in part. */
import { libc } from "./ffi.ts";

const sigaction = libc("int sigaction(int sig, void *act, void *old)");
const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");
const raise = libc("int kill(int pid, int sig)");

const SIGUSR1 = 10;
const RLIMIT_CORE = 4;
/** struct sigaction: all zero is SIG_DFL without flags. */
const WORDS = 19;

/** Gives a signal its default disposition. */
export function setDefault(signal: number): void {
  sigaction(signal, new BigUint64Array(WORDS), null);
}

/** Takes SIGUSR1 from Node, which opens its debugger to whoever sends it. */
export function refuseDebugger(): void {
  setDefault(SIGUSR1);
}

/** Ends this process by a signal, as another ended, without leaving a core of its own. */
export function dieBy(signal: number): void {
  prlimit(0, RLIMIT_CORE, new BigUint64Array(2), null);
  setDefault(signal);
  raise(process.pid, signal);
}
