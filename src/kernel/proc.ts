/** Tasks as /proc/PID shows them. Everything returns undefined (or nothing) for a task that is gone. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { monotonicNow } from "./clock.ts";
import { commOf, statFields } from "./tasks.ts";

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** tids of a process; empty if it is gone. */
export function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Command name, at most 15 bytes; "" for a task that is gone. */
export const comm = (tid: number): string => commOf(tid) ?? "";

export interface TaskStatus {
  /** One letter: R S D T t Z X. */
  readonly state: string;
  /** Thread group id: the process a thread belongs to. */
  readonly tgid: number;
  readonly ppid: number;
  /** 0 when not traced. */
  readonly tracer: number;
}

/** /proc/TID/status. */
export function status(tid: number): TaskStatus | undefined {
  const all = text(`/proc/${tid}/status`);
  if (all === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(all)?.[1] ?? "";
  return {
    state: field("State"),
    tgid: Number(field("Tgid")),
    ppid: Number(field("PPid")),
    tracer: Number(field("TracerPid")),
  };
}

/** Bit of SIGTERM in a mask of signals. */
const TERM = 1n << 14n;

/** Whether SIGTERM is nothing to a process. */
export function ignoresTerm(pid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(text(`/proc/${pid}/status`) ?? "")?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & TERM) !== 0n;
}

/** PF_* (include/linux/sched.h). */
const EXITING = 4;
const FORKNOEXEC = 0x40;
const KTHREAD = 0x200000;

/** Whether a task is there that has not ended; the first thread of a process lives as long as any of them, if as a zombie. */
export function lives(tid: number): boolean {
  const s = status(tid);
  if (!s || s.state === "X") return false;
  return s.state !== "Z" || (s.tgid === tid && threads(tid).length > 1);
}

/** Whether a task is gone, or on its way: the kernel has begun to take it apart. */
export function exiting(tid: number): boolean {
  return ((flags(tid) ?? EXITING) & EXITING) !== 0;
}

/** Whether a process has not executed anything since it was forked. */
export const beforeExec = (pid: number): boolean => ((flags(pid) ?? 0) & FORKNOEXEC) !== 0;

/** Whether a task is one of the kernel's own. */
export const isKernelThread = (tid: number): boolean => ((flags(tid) ?? 0) & KTHREAD) !== 0;

const flags = (tid: number): number | undefined => statNumber(tid, 6);

/** A field of /proc/TID/stat, by its place after comm. */
function statNumber(tid: number, place: number): number | undefined {
  const stat = text(`/proc/${tid}/stat`);
  return stat === undefined ? undefined : Number(statFields(stat)[place]);
}

/** When a task was started: clock ticks (1/100 s) since boot, field 22 of /proc/TID/stat. With the pid it is unique. */
export const startTime = (tid: number): number | undefined => statNumber(tid, 19);

/** When a task was started in ns of CLOCK_MONOTONIC, to 20 ms. */
export function startedAt(tid: number): number | undefined {
  const ticks = startTime(tid);
  return ticks === undefined ? undefined : ticks * 10e6 - suspended();
}

/** For how long (ns) the machine has been suspended: CLOCK_BOOTTIME, by which /proc tells times, goes on meanwhile. */
function suspended(): number {
  const uptime = Number(text("/proc/uptime")?.split(" ")[0]);
  const ns = uptime * 1e9 - monotonicNow();
  // less is what the hundredths of a second leave out
  return ns > 1e9 ? ns : 0;
}

const STAT_HEAD = Buffer.alloc(256);

/** Time that CPUs had nothing to do for since boot, of all together, in ns, to 10 ms: idle and iowait of /proc/stat. */
export function idleTime(): number | undefined {
  try {
    const fd = openSync("/proc/stat", "r");
    try {
      const length = readSync(fd, STAT_HEAD, 0, STAT_HEAD.length, 0);
      const fields = STAT_HEAD.toString("latin1", 0, length).split("\n", 1)[0].split(/\s+/);
      return (Number(fields[4]) + Number(fields[5])) * 10e6;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** pids of the living descendants of a process, parents before their children; empty if it is gone. */
export function descendants(pid: number): number[] {
  const found: number[] = [];
  const pending = [pid];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const tid of threads(next)) {
      for (const child of (text(`/proc/${next}/task/${tid}/children`) ?? "").split(" ")) {
        if (child.trim() === "") continue;
        found.push(Number(child));
        pending.push(Number(child));
      }
    }
  }
  return found;
}

/** pids of the processes of a process group. */
export function groupMembers(pgid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => groupOf(pid) === pgid);
}

/** The process group of a process. */
export const groupOf = (pid: number): number | undefined => statNumber(pid, 2);

/** Unix time (s, to 10 ms) of clock ticks since boot, by the clock as it is set now. */
export function unixTimeOf(ticks: number): number {
  const uptime = Number((text("/proc/uptime") ?? "0").split(" ")[0]);
  return Date.now() / 1000 - uptime + ticks / 100;
}
