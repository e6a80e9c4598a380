/** Processes that are not our children: hearing of their end, and how they ended. */
import { closeSync, readFileSync } from "node:fs";
import { watchFd } from "./epoll.ts";
import { errno, libc } from "./ffi.ts";
import { statFields } from "./tasks.ts";

const syscall = libc("long syscall(long number, long a, long b)");
const ioctl = libc("int ioctl(int fd, unsigned long request, void *arg)");
const PIDFD_OPEN = 434;
/** _IOWR(0xFF, 11, struct pidfd_info), 64 bytes in its first version (linux/pidfd.h, Linux 6.15). */
const PIDFD_GET_INFO = 0xc040ff0b;
const PIDFD_INFO_EXIT = 1n << 3n;
const INFO_WORDS = 8;
const ESRCH = 3;
/** How often a process is looked at that there is no descriptor for (ms). */
const LOOK_MS = 200;
const EXIT_CODE_AT = 60;
/** Its parent reaps it in a moment; only then does the kernel tell (ms). */
const REAP_MS = 3;

/**
 * Calls `ended` once when `pid` has ended, with its wait status, or null where that cannot be known. Returns what
 * ends the watch; undefined if there is no such process. Where no descriptor is to be had (there are too many, or the
 * kernel is older than 5.3) it is looked now and then.
 */
export function watchProcess(pid: number, ended: (status: number | null) => void): (() => void) | undefined {
  const fd = Number(syscall(PIDFD_OPEN, pid, 0));
  if (fd < 0) return errno() === ESRCH ? undefined : watchByLooking(pid, ended);
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const stop = watchFd(fd, () => {
    stop();
    const status = zombieStatus(pid);
    timer = setTimeout(
      () => {
        const told = status ?? exitInfo(fd);
        close();
        ended(told);
      },
      status === undefined ? REAP_MS : 0,
    );
  });
  const close = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    stop();
    closeSync(fd);
  };
  return close;
}

function watchByLooking(pid: number, ended: (status: number | null) => void): () => void {
  const timer = setInterval(() => {
    if (lives(pid)) return;
    clearInterval(timer);
    ended(zombieStatus(pid) ?? null);
  }, LOOK_MS);
  return () => clearInterval(timer);
}

/** A zombie does not, if that can be seen. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  return zombieStatus(pid) === undefined;
}

/** Field 52 of /proc/PID/stat, for a process that has ended and was not reaped yet. */
function zombieStatus(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = statFields(stat);
    return fields[0] === "Z" && fields.length >= 50 ? Number(fields[49]) : undefined;
  } catch {
    return undefined;
  }
}

function exitInfo(fd: number): number | null {
  const info = new BigUint64Array(INFO_WORDS);
  info[0] = PIDFD_INFO_EXIT;
  if (ioctl(fd, PIDFD_GET_INFO, info) !== 0 || (info[0] & PIDFD_INFO_EXIT) === 0n) return null;
  return new DataView(info.buffer).getInt32(EXIT_CODE_AT, true);
}
