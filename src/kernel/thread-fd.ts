/** Descriptors of single threads (pidfd_open(2) with PIDFD_THREAD, Linux 6.9), or of processes before that. */
import { closeSync } from "node:fs";
import { errno, errnoText, libc, sysError } from "./ffi.ts";

const syscall = libc("long syscall(long nr, long pid, long flags)");
const NR_PIDFD_OPEN = 434;
/** O_EXCL (linux/pidfd.h). */
const PIDFD_THREAD = 0x80;
const EPERM = 1;
const ESRCH = 3;
const EINVAL = 22;
const ENOSYS = 38;
/** There are seccomp filters that answer either for what they forbid. */
export const FORBIDDEN =
  "a seccomp filter, such as a container's, forbids pidfd_open: allow it, or use --engine ptrace";

let threads: boolean | undefined;

/** Whether there are descriptors of threads that are not their process's first. */
export function hasThreadFds(): boolean {
  if (threads !== undefined) return threads;
  const fd = Number(syscall(NR_PIDFD_OPEN, process.pid, PIDFD_THREAD));
  if (fd >= 0) closeSync(fd);
  threads = fd >= 0;
  return threads;
}

/**
 * A descriptor of task `tid`, to be closed by the caller; -1 when it is gone, or when the kernel knows descriptors of
 * processes only and this is not a process's first thread. Throws SysError.
 */
export function openTask(tid: number): number {
  let fd = Number(syscall(NR_PIDFD_OPEN, tid, PIDFD_THREAD));
  if (fd < 0 && errno() === EINVAL) fd = Number(syscall(NR_PIDFD_OPEN, tid, 0));
  if (fd >= 0) return fd;
  const code = errno();
  if (code === ESRCH || code === EINVAL) return -1;
  const forbidden = code === EPERM || code === ENOSYS;
  throw sysError(`pidfd_open(${tid})`, code, forbidden ? `${errnoText(code)}; ${FORBIDDEN}` : undefined);
}
