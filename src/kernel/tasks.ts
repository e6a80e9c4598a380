/** What /proc says about tasks: times, arguments, open files. Everything returns undefined for a task that is gone. */
import { readFileSync, readlinkSync } from "node:fs";

/** Kernel clock ticks per second in /proc/PID/stat (USER_HZ, 100 on every architecture we run on). */
const USER_HZ = 100;

export interface TaskTimes {
  /** ns in user mode, kernel mode, and waiting for a CPU while runnable. */
  readonly user: number;
  readonly system: number;
  readonly queued: number;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** CPU time of one thread; exact where the kernel has schedstat, else to 10 ms. */
export function taskTimes(pid: number, tid: number): TaskTimes | undefined {
  const stat = text(`/proc/${pid}/task/${tid}/stat`);
  if (stat === undefined) return undefined;
  // comm, in parentheses, may contain anything
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  let user = (Number(fields[11]) * 1e9) / USER_HZ;
  let system = (Number(fields[12]) * 1e9) / USER_HZ;
  const sched = text(`/proc/${pid}/task/${tid}/schedstat`)?.split(" ");
  if (!sched) return { user, system, queued: 0 };
  const total = Number(sched[0]);
  const share = user + system > 0 ? user / (user + system) : 0.5;
  user = total * share;
  system = total - user;
  return { user, system, queued: Number(sched[1]) };
}

/** Arguments of a process, as bytes decoded from UTF-8; empty for kernel threads and zombies. */
export function commandLine(pid: number): string[] | undefined {
  const raw = text(`/proc/${pid}/cmdline`);
  if (raw === undefined) return undefined;
  return raw === "" ? [] : raw.replace(/\0$/, "").split("\0");
}

export function commOf(pid: number): string | undefined {
  return text(`/proc/${pid}/comm`)?.replace(/\n$/, "");
}

export function parentOf(pid: number): number | undefined {
  const stat = text(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** Where descriptor `fd` of a process points: a path, `socket:[inode]`, `pipe:[inode]`, `anon_inode:[…]`. */
export function fdLink(pid: number, fd: number): string | undefined {
  return link(`/proc/${pid}/fd/${fd}`);
}

export function cwdOf(pid: number): string | undefined {
  return link(`/proc/${pid}/cwd`);
}

/** Descriptors an epoll instance watches. */
export function epollWatches(pid: number, fd: number): number[] {
  const info = text(`/proc/${pid}/fdinfo/${fd}`) ?? "";
  return [...info.matchAll(/^tfd:\s+(\d+)/gm)].map((m) => Number(m[1]));
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
