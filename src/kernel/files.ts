/** File calls node:fs lacks: FIFOs and whole-file locks. */
import { chmodSync, closeSync, openSync } from "node:fs";
import { bytesOf } from "../base/bytes.ts";
import { check, errno, libc, sysError } from "./ffi.ts";
import { cString } from "./memory.ts";

const mkfifo = libc("int mkfifo(const void *path, unsigned int mode)");
const flock = libc("int flock(int fd, int operation)");
const LOCK_EX = 2;
const LOCK_NB = 4;
const EEXIST = 17;
const EAGAIN = 11;
const O_RDONLY_NONBLOCK = 0o4000;
const O_RDWR_NONBLOCK = 0o4002;
const O_WRONLY_NONBLOCK = 0o4001;
/** For writing, made if it is not there. */
const O_APPEND_NONBLOCK = 0o6101;

/** Makes a FIFO with exactly this mode, or leaves the one that is there. Throws SysError. */
export function makeFifo(path: string, mode: number): void {
  if (mkfifo(cString(path), mode) !== 0 && errno() !== EEXIST) throw sysError(`mkfifo(${path})`);
  chmodSync(path, mode);
}

/** A FIFO for reading that never ends: we hold a writer too. */
export function openFifoBothWays(path: string): number {
  return openSync(bytesOf(path), O_RDWR_NONBLOCK);
}

/** Opens for reading without waiting for a writer. */
export function openFifoReader(path: string): number {
  return openSync(bytesOf(path), O_RDONLY_NONBLOCK);
}

/** Opens for writing; throws ENXIO (a node:fs error) when nobody reads. */
export function openFifoWriter(path: string): number {
  return openSync(bytesOf(path), O_WRONLY_NONBLOCK);
}

/** djb's open_append: a FIFO that nobody reads is refused (ENXIO), not waited for. */
export function openAppend(path: string, mode: number): number {
  return openSync(path, O_APPEND_NONBLOCK, mode);
}

/** Takes the whole-file lock of daemontools' programs, or returns false if another holds it. The file stays open. */
export function lockFile(path: string): number | undefined {
  const fd = openAppend(path, 0o600);
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return fd;
  const code = errno();
  closeSync(fd);
  if (code === EAGAIN) return undefined;
  throw sysError(`flock(${path})`, code);
}

/** Locks an open file as a whole, waiting for it if asked to. Throws SysError: EAGAIN when another holds it. */
export function lockDescriptor(fd: number, wait: boolean): void {
  check(flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB), "flock()");
}
