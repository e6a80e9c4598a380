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

/** A line of /proc/locks: its number, whether it is a request, pid and inode. */
const LINE = /^(\d+):( ->)? +\S+ +\S+ +\S+ +(-?\d+) +(\S+)/;

/** The lock that blocks a request of `pid`, out of the text of /proc/locks. Exported for its tests. */
export function blocking(locks: string, pid: number): Lock | undefined {
  let held: { id: string; lock: Lock } | undefined;
  for (const line of locks.split("\n")) {
    const m = LINE.exec(line);
    if (!m) continue;
    const lock = { pid: Number(m[3]), inode: m[4] };
    if (!m[2]) held = { id: m[1], lock };
    else if (lock.pid === pid && held?.id === m[1]) return held.lock;
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

/** Pid of the process that holds the lock for which a thread of `pid` waits; undefined when the kernel shows none. */
export function lockHolder(pid: number): number | undefined {
  const lock = blocking(text("/proc/locks"), pid);
  return lock && holder(lock, pid);
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
