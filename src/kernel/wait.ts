/** Waiting for a child of our own to end, and what its status says. */
import { errno, libc, sysError } from "./ffi.ts";

const waitpid = libc("int waitpid(int pid, void *status, int options)");
const EINTR = 4;

/** Waits, blocking, until `pid` has ended; its raw wait status. Throws SysError if it is no child of ours. */
export function waitForEnd(pid: number): number {
  const status = new Int32Array(1);
  while (waitpid(pid, status, 0) !== pid) {
    if (errno() !== EINTR) throw sysError(`waitpid(${pid})`);
  }
  return status[0];
}

/** Signal that ended it, 0 if it exited. */
export const endSignal = (status: number): number => status & 0x7f;

/** Exit code of a process that exited. */
export const exitCode = (status: number): number => (status >> 8) & 0xff;
