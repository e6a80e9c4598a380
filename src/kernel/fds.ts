/** Which of our descriptors came from our parent: Node marks all of them close-on-exec when it starts. */
import { readdirSync, readlinkSync } from "node:fs";
import { libc } from "./ffi.ts";

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

const F_DUPFD_CLOEXEC = 1030;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes reads and writes through an open file wait. */
export function makeBlocking(fd: number): void {
  const flags = fcntl(fd, F_GETFL, 0);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/** Descriptors open before the program opened any: what comes later is ours, the trace's own file above all. */
const early: ReadonlySet<number> = new Set(openFds().keys());

/** What each open descriptor refers to. */
function openFds(): Map<number, string> {
  const targets = new Map<number, string>();
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      targets.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // the descriptor readdir itself used
    }
  }
  return targets;
}

/**
 * Descriptors we were started with. Node's own are recognised by what they are: event loops, eventfds, and pipes
 * or sockets of which both ends are ours. Descriptors that were opened before this module was loaded must be in `ours`.
 */
export function inheritedFds(ours: ReadonlySet<number> = new Set()): number[] {
  const targets = openFds();
  const ends = new Map<string, number>();
  for (const t of targets.values()) ends.set(t, (ends.get(t) ?? 0) + 1);
  return [...targets.keys()].filter((fd) => {
    if (fd <= 2) return true;
    if (ours.has(fd) || !early.has(fd)) return false;
    const t = targets.get(fd)!;
    if (/^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd)\]$/.test(t)) return false;
    return !(t.startsWith("pipe:") && ends.get(t)! > 1);
  });
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
