/** The only importer of koffi: libc functions and raw system calls, with errno turned into SysError. */
import os from "node:os";
import koffi from "koffi";
import { SysError } from "../base/errors.ts";

const lib = koffi.load("libc.so.6");

/** Declares a libc function from its C prototype (koffi syntax). The result is the raw return value. */
// biome-ignore lint/suspicious/noExplicitAny: koffi functions are untyped by nature; each caller types its own
export function libc(prototype: string): (...args: any[]) => any {
  return lib.func(prototype);
}

/** Address of a variable of the C library or its loader. Throws if it has none of that name. */
export function variable(name: string): number {
  return Number(koffi.address(lib.symbol(name, "void *")));
}

/** Errno of the last libc call made from this thread. */
export function errno(): number {
  return koffi.errno();
}

/**
 * Native address of a buffer's memory. V8 never moves it, but frees it with the buffer: the buffer must stay
 * referenced by something that runs later (a module's constant that no function uses is garbage).
 */
export function addressOf(buffer: ArrayBufferView): number {
  return Number(koffi.address(buffer));
}

/** An ArrayBuffer over `length` bytes of native memory at `address`; the caller keeps the memory mapped. */
export function viewOf(address: number, length: number): ArrayBuffer {
  return koffi.view(BigInt(address), length) as ArrayBuffer;
}

const names = new Map<number, string>();
for (const [name, value] of Object.entries(os.constants.errno)) {
  if (name !== "EWOULDBLOCK" && name !== "EOPNOTSUPP") names.set(value, name);
}
names.set(95, "EOPNOTSUPP");

/** `EPERM` for 1; numbers without a name print as `E<n>`. */
export function errnoName(value: number): string {
  return names.get(value) ?? `E${value}`;
}

const strerror = libc("const char *strerror(int)");

/** The C library's text for an errno value. */
export function errnoText(value: number): string {
  return strerror(value) as string;
}

export function sysError(call: string, value = errno(), hint?: string): SysError {
  return new SysError(call, value, errnoName(value), errnoText(value), hint);
}

/** Returns `result`, or throws a SysError naming `call` when it is -1. */
export function check(result: number, call: string, hint?: string): number {
  if (result === -1) throw sysError(call, errno(), hint);
  return result;
}
