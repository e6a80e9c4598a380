/** Native memory of our own: mmap(2), and buffers for C strings that outlive a garbage collection. */
import { bytesOf } from "../base/bytes.ts";
import { addressOf, check, libc, viewOf } from "./ffi.ts";

const mmap = libc("intptr_t mmap(intptr_t addr, size_t len, int prot, int flags, int fd, int64_t offset)");
const mprotect = libc("int mprotect(intptr_t addr, size_t len, int prot)");
const munmap = libc("int munmap(intptr_t addr, size_t len)");

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

export interface Mapping {
  readonly address: number;
  readonly length: number;
  readonly buffer: ArrayBuffer;
}

/** Maps `length` bytes of zeroed private memory. Throws SysError. */
export function mapAnonymous(length: number): Mapping {
  const address = check(
    Number(mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
    `mmap(${length} bytes)`,
  );
  return { address, length, buffer: viewOf(address, length) };
}

/** Maps part of a file or kernel object. Throws SysError. */
export function mapShared(fd: number, length: number, offset: number, writable: boolean): Mapping {
  const prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const address = check(
    Number(mmap(0, length, prot, MAP_SHARED, fd, offset)),
    `mmap(fd ${fd}, ${length} bytes)`,
  );
  return { address, length, buffer: viewOf(address, length) };
}

/** Makes a mapping executable and read-only. Throws SysError. */
export function makeExecutable(mapping: Mapping): void {
  check(
    mprotect(mapping.address, mapping.length, PROT_READ | PROT_EXEC),
    "mprotect(PROT_EXEC)",
    "this system forbids executable memory (SELinux execmem?); svtrace needs it to start programs",
  );
}

/** Unmaps; the mapping's buffer must not be touched afterwards. */
export function unmap(mapping: Mapping): void {
  munmap(mapping.address, mapping.length);
}

/** NUL-terminated bytes. Strings are UTF-8, other bytes in them as `textOf` escapes them. */
export function cString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? bytesOf(value) : Buffer.from(value);
  if (bytes.includes(0)) throw new Error("a string passed to the kernel contains a NUL byte");
  return Buffer.concat([bytes, Buffer.of(0)]);
}

/** A NULL-terminated char*[] and what it points to; keep it alive while the kernel may read it. */
export class CStringArray {
  readonly pointers: BigUint64Array;
  private readonly strings: Buffer[];

  constructor(values: readonly (string | Uint8Array)[]) {
    this.strings = values.map(cString);
    this.pointers = new BigUint64Array(values.length + 1);
    for (const [i, s] of this.strings.entries()) this.pointers[i] = BigInt(addressOf(s));
  }

  get address(): number {
    return addressOf(this.pointers);
  }
}
