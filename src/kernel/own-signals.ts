/** Signal dispositions of our own, which Node knows only in part. */
import { libc } from "./ffi.ts";
import { inherited } from "./inherited.ts";

const sigaction = libc("int sigaction(int sig, void *act, void *old)");
const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");
const raise = libc("int kill(int pid, int sig)");

const SIGUSR1 = 10;
const SIGCHLD = 17;
const SIGXFSZ = 25;
const SIG_IGN = 1n;
const RLIMIT_CORE = 4;
/** struct sigaction: all zero is SIG_DFL without flags. */
const WORDS = 19;

/** Gives a signal its default disposition. */
export function setDefault(signal: number): void {
  sigaction(signal, new BigUint64Array(WORDS), null);
}

/**
 * Ignores what was ignored when we were started, until a handler is installed: Node sets it to its default. All but
 * SIGCHLD, without which there is no waiting for children.
 */
export function ignoreInherited(): void {
  for (const signal of inherited?.ignored ?? []) {
    if (signal !== SIGCHLD)
      sigaction(signal, BigUint64Array.of(SIG_IGN, ...new Array<bigint>(WORDS - 1).fill(0n)), null);
  }
}

/** Writing beyond the limit on a file's size ends us by SIGXFSZ, which Node ignores, unless it was ignored before. */
export function obeyFileSizeLimit(): void {
  if (!inherited?.ignored.has(SIGXFSZ)) setDefault(SIGXFSZ);
}

/** Takes SIGUSR1 from Node, which opens its debugger to whoever sends it. */
export function refuseDebugger(): void {
  setDefault(SIGUSR1);
}

/**
 * Ends this process by a signal, as another ended, without leaving a core of its own. Where that does not end it, as the
 * kernel spares the first process of a pid namespace, it returns the status that a shell would show.
 */
export function dieBy(signal: number): number {
  prlimit(0, RLIMIT_CORE, new BigUint64Array(2), null);
  setDefault(signal);
  raise(process.pid, signal);
  return 128 + signal;
}
