/** pipe(2) and plain descriptor calls that node:fs lacks. */
import { closeSync, readSync } from "node:fs";
import { check, errno, libc, sysError } from "./ffi.ts";

const tee = libc("intptr_t tee(int from, int to, size_t length, unsigned int flags)");
const SPLICE_F_NONBLOCK = 2;
const pipe2 = libc("int pipe2(void *fds, int flags)");
const O_CLOEXEC = 0o2000000;

/** A pipe, both ends close-on-exec: [reader, writer]. Throws SysError. */
export function pipe(): [reader: number, writer: number] {
  const fds = new Int32Array(2);
  check(pipe2(fds, O_CLOEXEC), "pipe2()");
  return [fds[0], fds[1]];
}

/** What is in a pipe, up to `length` bytes, without taking it out. Empty if there is nothing. */
export function peekPipe(fd: number, length: number): Buffer {
  const [reader, writer] = pipe();
  try {
    const n = Number(tee(fd, writer, length, SPLICE_F_NONBLOCK));
    const bytes = Buffer.alloc(Math.max(0, n));
    return n > 0 ? bytes.subarray(0, readSync(reader, bytes)) : bytes;
  } finally {
    closeSync(reader);
    closeSync(writer);
  }
}

export const closeFd = closeSync;

const spliceCall = libc(
  "long splice(int from, void *fromAt, int to, void *toAt, size_t length, unsigned int flags)",
);
const EAGAIN = 11;

/**
 * Moves what is in a pipe, up to `length` bytes, to `at` in a file: at every moment each byte is in one of the two,
 * whatever happens to us. Returns how many; 0 when there is nothing and will be nothing, undefined when there is
 * nothing now. Throws SysError.
 */
export function moveFromPipe(pipeFd: number, file: number, at: number, length: number): number | undefined {
  const n = Number(spliceCall(pipeFd, null, file, BigInt64Array.of(BigInt(at)), length, SPLICE_F_NONBLOCK));
  if (n >= 0) return n;
  const code = errno();
  if (code === EAGAIN) return undefined;
  throw sysError("splice()", code);
}
