/** Reading another process's memory: process_vm_readv(2), one range at a time. */
import { addressOf, libc } from "./ffi.ts";

const readv = libc(
  "intptr_t process_vm_readv(int pid, void *local, unsigned long liovcnt, void *remote, unsigned long riovcnt, unsigned long flags)",
);

const local = new BigUint64Array(2);
const remote = new Uint32Array(4);
let target: Uint8Array | undefined;
let targetAt = 0;

/** Copies up to `length` bytes at `hi:lo` of process `pid` into `into` at `at`. Returns bytes copied, -1 on failure. */
export function readMemory(
  pid: number,
  lo: number,
  hi: number,
  into: Uint8Array,
  at: number,
  length: number,
): number {
  if (into !== target) {
    target = into;
    targetAt = addressOf(into);
  }
  local[0] = BigInt(targetAt + at);
  local[1] = BigInt(length);
  remote[0] = lo;
  remote[1] = hi;
  remote[2] = length;
  return readv(pid, local, 1, remote, 1, 0);
}
