/** Children that are not traced: reaping one pid at a time, so that nobody else's child is taken. */
import { libc } from "./ffi.ts";

const waitpid = libc("int waitpid(int pid, void *status, int options)");
const WNOHANG = 1;
const status = new Int32Array(1);

/** Raw wait status of `pid` if it has ended, undefined while it lives, null if it is no child of ours. */
export function reap(pid: number): number | undefined | null {
  const r = waitpid(pid, status, WNOHANG);
  if (r === pid) return status[0];
  return r === 0 ? undefined : null;
}

/** Any ended child: for pid 1 and subreapers, which inherit strangers. */
export function reapAny(): number {
  return waitpid(-1, status, WNOHANG);
}
