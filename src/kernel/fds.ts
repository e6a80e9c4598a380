/** Which of our descriptors came from our parent: Node marks all of them close-on-exec when it starts. */
import { readdirSync, readlinkSync } from "node:fs";
import { libc } from "./ffi.ts";
import { inherited, wasOpen } from "./inherited.ts";

const fcntl = libc("int fcntl(int fd, int cmd, long arg)");
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Sets or clears close-on-exec; false if `fd` is not open. */
export function setCloseOnExec(fd: number, on: boolean): boolean {
  const flags = fcntl(fd, F_GETFD, 0);
  if (flags < 0) return false;
  fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
  return true;
}

/** Whether `fd` is open and closed by an exec. */
export const closesOnExec = (fd: number): boolean => (Math.max(0, fcntl(fd, F_GETFD, 0)) & FD_CLOEXEC) !== 0;

/** How many descriptors are looked at where /proc does not list them. */
const UNLISTED = 1024;

const F_DUPFD_CLOEXEC = 1030;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes reads and writes through an open file wait. */
export function makeBlocking(fd: number): void {
  const flags = fcntl(fd, F_GETFL, 0);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/** Numbers of the open descriptors, one that reading them took included. */
export function openNumbers(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return Array.from({ length: UNLISTED }, (_, fd) => fd).filter((fd) => fcntl(fd, F_GETFD, 0) >= 0);
  }
}

/** Descriptors open before the program opened any: what comes later is ours, the trace's own file above all. */
const early: ReadonlySet<number> = new Set(openNumbers());
// Node marks them from 0 up, but stops at the first gap after 15
if (inherited) for (const fd of early) if (fd > 15) setCloseOnExec(fd, true);

/**
 * Descriptors we were started with. Where that was not noted, Node's own are recognised by what they are: event loops,
 * eventfds, and pipes of which both ends are ours. Descriptors that were opened before this module was loaded must be in
 * `ours`.
 */
export function inheritedFds(ours: ReadonlySet<number> = new Set()): number[] {
  const open = openNumbers();
  const targets = new Map(open.filter((fd) => wasOpen(fd) === undefined).map((fd) => [fd, target(fd)]));
  const ends = new Map<string, number>();
  for (const t of targets.values()) ends.set(t, (ends.get(t) ?? 0) + 1);
  return open.filter((fd) => {
    const noted = wasOpen(fd);
    if (fd <= 2) return noted ?? true;
    if (ours.has(fd) || !early.has(fd)) return false;
    if (noted !== undefined) return noted;
    const t = targets.get(fd)!;
    // the descriptor the list was read through
    if (t === "") return false;
    if (/^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd)\]$/.test(t)) return false;
    return !(t.startsWith("pipe:") && ends.get(t)! > 1);
  });
}

/** What a descriptor refers to; "" if that cannot be told. */
function target(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

const dup2 = libc("int dup2(int from, int to)");

/** Another descriptor for what `fd` refers to, close-on-exec; negative if `fd` is not open. */
export function duplicate(fd: number): number {
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/** Makes `to` refer to what `from` does. */
export function duplicateOnto(from: number, to: number): void {
  dup2(from, to);
}
