/** pipe(2) and plain descriptor calls that node:fs lacks. */
import { closeSync } from "node:fs";
import { check, libc } from "./ffi.ts";

const pipe2 = libc("int pipe2(void *fds, int flags)");
const O_CLOEXEC = 0o2000000;

/** A pipe, both ends close-on-exec: [reader, writer]. Throws SysError. */
export function pipe(): [reader: number, writer: number] {
  const fds = new Int32Array(2);
  check(pipe2(fds, O_CLOEXEC), "pipe2()");
  return [fds[0], fds[1]];
}

export const closeFd = closeSync;
