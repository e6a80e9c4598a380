/** poll(2) on one descriptor, blocking: for moments when nothing else may happen. */
import { errno, libc } from "./ffi.ts";

const poll = libc("int poll(void *fds, unsigned long nfds, int timeout)");
const POLLIN = 1;
const POLLOUT = 4;
const EINTR = 4;

/** Whether `fd` becomes readable (or ends) within `ms` milliseconds. */
export const readable = (fd: number, ms: number): boolean => ready(fd, POLLIN, ms);

/** Whether `fd` takes more (or nobody reads it any more) within `ms` milliseconds. */
export const writable = (fd: number, ms: number): boolean => ready(fd, POLLOUT, ms);

function ready(fd: number, events: number, ms: number): boolean {
  const entry = new Int32Array([fd, events]);
  const deadline = performance.now() + ms;
  for (;;) {
    const left = Math.max(0, Math.ceil(deadline - performance.now()));
    const r = poll(entry, 1, left);
    if (r > 0) return true;
    if (r === 0 || errno() !== EINTR) return false;
  }
}

/** Like `readable`, but a signal ends the wait too: for loops that look at what signal handlers noted. */
export function readableOrSignal(fd: number, ms: number): "readable" | "timeout" | "signal" {
  const r = poll(new Int32Array([fd, POLLIN]), 1, ms);
  if (r > 0) return "readable";
  return r < 0 && errno() === EINTR ? "signal" : "timeout";
}
