/** The current directory, reached by names that need not be UTF-8: process.chdir takes text only. */
import { check, libc } from "./ffi.ts";
import { cString } from "./memory.ts";

const chdir = libc("int chdir(const void *path)");
const fchdir = libc("int fchdir(int fd)");

/** Throws SysError. */
export function enterDirectory(path: Uint8Array): void {
  check(chdir(cString(path)), "chdir()");
}

/** The same by an open descriptor. Throws SysError. */
export function enterOpenDirectory(fd: number): void {
  check(fchdir(fd), "fchdir()");
}
