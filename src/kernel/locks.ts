/** Who holds the file lock that a process waits for, as /proc/locks and /proc/PID/fdinfo tell. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { commandLine } from "./tasks.ts";

function text(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

interface Lock {
  /** Who took it; -1 for an open file description's. */
  pid: number;
  /** `08:01:1234`. */
  inode: string;
}

/** A line of /proc/locks: its number, whether it is a request (indented by what it waits behind), pid and inode. */
const LINE = /^(\d+):( +->)? +\S+ +\S+ +\S+ +(-?\d+) +(\S+)/;

/**
 * The lock that blocks a request of `pid` for `file` (any, if not given), out of the text of /proc/locks. Exported for
 * its tests.
 */
export function blocking(locks: string, pid: number, file = ""): Lock | undefined {
  let held: { id: string; lock: Lock } | undefined;
  for (const line of locks.split("\n")) {
    const m = LINE.exec(line);
    if (!m) continue;
    const lock = { pid: Number(m[3]), inode: m[4] };
    if (!m[2]) held = { id: m[1], lock };
    else if (lock.pid === pid && `:${lock.inode}`.endsWith(file) && held?.id === m[1]) return held.lock;
  }
  return undefined;
}

/** Pid of the process that holds the lock on a file; undefined when the kernel shows none. */
export function holderOf(path: string): number | undefined {
  const s = statSync(path, { throwIfNoEntry: false });
  const inode = s && new RegExp(`:${s.ino} 0 EOF$`);
  const line = text("/proc/locks")
    .split("\n")
    .find((l) => inode?.test(l) && !l.includes("->"));
  const m = line && LINE.exec(line);
  return m ? holder({ pid: Number(m[3]), inode: m[4] }, 0) : undefined;
}

/**
 * Pid of the process that holds the lock on descriptor `fd` for which thread `tid` of `pid` waits; undefined when the
 * kernel shows none. `ofd`: the lock is to be the open file description's, whose requests name no process.
 */
export function lockHolder(pid: number, tid: number, fd: number, ofd: boolean): number | undefined {
  const file = fileOf(tid, fd);
  if (ofd && file === undefined) return undefined;
  const lock = blocking(text("/proc/locks"), ofd ? -1 : pid, file);
  return lock && holder(lock, pid);
}

/**
 * The file behind a descriptor as the ends of what /proc/locks says of it: `:08:01:1234`, `:1234` if the file system is
 * not mounted where the thread sees it. Asking the file itself could hang. Undefined before Linux 5.14.
 */
function fileOf(tid: number, fd: number): string | undefined {
  const info = text(`/proc/${tid}/fdinfo/${fd}`);
  const inode = /^ino:\s*(\d+)/m.exec(info)?.[1];
  if (inode === undefined) return undefined;
  const mount = /^mnt_id:\s*(\d+)/m.exec(info)?.[1];
  const device = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, "m").exec(text(`/proc/${tid}/mountinfo`));
  const hex = (n: string) => Number(n).toString(16).padStart(2, "0");
  return device ? `:${hex(device[1])}:${hex(device[2])}:${inode}` : `:${inode}`;
}

/** The process that holds a lock, other than `pid`. */
function holder(lock: Lock, pid: number): number | undefined {
  if (lock.pid > 0 && lock.pid !== pid && commandLine(lock.pid)?.length) return lock.pid;
  // Taken by one that is dead, and inherited: the descriptor's own information names it.
  return readdirSync("/proc")
    .map(Number)
    .find((other) => other > 0 && other !== pid && holds(other, lock.inode));
}

function holds(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).some((fd) =>
      text(`/proc/${pid}/fdinfo/${fd}`)
        .split("\n")
        .some((line) => line.startsWith("lock:") && line.includes(` ${inode} `)),
    );
  } catch {
    return false;
  }
}
