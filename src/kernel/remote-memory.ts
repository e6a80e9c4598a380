/** Another process's memory: process_vm_readv(2), or /proc/PID/mem where that is forbidden or missing. */
import { closeSync, openSync, readSync } from "node:fs";
import { addressOf, errno, libc } from "./ffi.ts";

// addresses instead of pointers: koffi would convert a typed array anew at every call
const readv = libc(
  "intptr_t process_vm_readv(int pid, intptr_t local, unsigned long liovcnt, intptr_t remote, unsigned long riovcnt, unsigned long flags)",
);

const writev = libc(
  "intptr_t process_vm_writev(int pid, intptr_t local, unsigned long liovcnt, intptr_t remote, unsigned long riovcnt, unsigned long flags)",
);

const EPERM = 1;
const ENOSYS = 38;
const WORD = 0x1_0000_0000;

/** Two struct iovec as 32-bit words: local at 0, remote at 4; each is base and length. */
const ranges = new Uint32Array(8);
const localAt = addressOf(ranges);
const remoteAt = localAt + 16;
let target: Uint8Array | undefined;
let targetAt = 0;
let forbidden = false;

/**
 * Copies up to `length` bytes at `hi:lo` of task `tid` into `into` at `at`. Returns bytes copied, -1 on failure.
 * It is the process's memory that is read: any of its tids will do.
 */
export function readMemory(
  tid: number,
  lo: number,
  hi: number,
  into: Uint8Array,
  at: number,
  length: number,
): number {
  if (forbidden) return readFile(tid, lo, hi, into, at, length);
  if (into !== target) {
    target = into;
    targetAt = addressOf(into);
  }
  const address = targetAt + at;
  ranges[0] = address;
  ranges[1] = address / WORD;
  ranges[2] = length;
  ranges[4] = lo;
  ranges[5] = hi;
  ranges[6] = length;
  const got = readv(tid, localAt, 1, remoteAt, 1, 0);
  if (got !== -1) return got;
  const code = errno();
  if (code !== EPERM && code !== ENOSYS) return -1;
  // containers' seccomp profiles forbid it, and kernels without CONFIG_CROSS_MEMORY_ATTACH lack it
  const instead = readFile(tid, lo, hi, into, at, length);
  if (instead >= 0) forbidden = true;
  return instead;
}

/** Overwrites memory of a task that is stopped; false where it may not be written. */
export function writeMemory(tid: number, address: number, bytes: Uint8Array): boolean {
  const local = BigUint64Array.of(BigInt(addressOf(bytes)), BigInt(bytes.length));
  const remote = BigUint64Array.of(BigInt(address), BigInt(bytes.length));
  return writev(tid, addressOf(local), 1, addressOf(remote), 1, 0) === bytes.length;
}

/** An open /proc/PID/mem stays with the memory that an exec has left, so it is opened every time. */
function readFile(tid: number, lo: number, hi: number, into: Uint8Array, at: number, length: number): number {
  let fd = -1;
  try {
    fd = openSync(`/proc/${tid}/mem`, "r");
    const got = readSync(fd, into, at, length, BigInt(hi) * BigInt(WORD) + BigInt(lo));
    return got === 0 && length > 0 ? -1 : got;
  } catch {
    return -1;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
