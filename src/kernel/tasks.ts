/** What /proc says about tasks: times, arguments, open files. Everything returns undefined for a task that is gone. */
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { bytesOf, textOf } from "../base/bytes.ts";

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

/**
 * Fields of a line of /proc/TID/stat (proc(5)) from the third, the state, on; the second is comm in parentheses, which may
 * contain anything.
 */
export const statFields = (stat: string): string[] => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

/** CPU time of one thread; exact where the kernel has schedstat, else to 10 ms. */
export function taskTimes(pid: number, tid: number): TaskTimes | undefined {
  const stat = text(`/proc/${pid}/task/${tid}/stat`);
  if (stat === undefined) return undefined;
  const fields = statFields(stat);
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

/** Whether two processes have the same arguments, as a child has those of its parent until its exec. */
export function sameArguments(pid: number, other: number): boolean {
  const own = text(`/proc/${pid}/cmdline`);
  return own !== undefined && own === text(`/proc/${other}/cmdline`);
}

/** Command name, with bytes that are no UTF-8 as base/bytes.ts has them. */
export function commOf(pid: number): string | undefined {
  try {
    return textOf(readFileSync(`/proc/${pid}/comm`)).replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

export function parentOf(pid: number): number | undefined {
  const stat = text(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(statFields(stat)[1]);
}

/** The pid that a process has in the innermost of its PID namespaces, which is the one it knows itself by: NSpid (proc(5)). */
export function innerPid(pid: number): number | undefined {
  const pids = /^NSpid:.*\t(\d+)$/m.exec(text(`/proc/${pid}/status`) ?? "");
  return pids ? Number(pids[1]) : undefined;
}

/** Functions of fs/pipe.c in which the opening of a FIFO, reading and writing wait (Linux 5.3 to 6.18). */
const FIFO = /^(wait_for_partner|fifo_open|(anon_|fifo_)?pipe_(read|write|wait))$/;

/** A task waits for the other end of a FIFO or pipe. Nothing else tells without asking the file system, which may hang. */
export function waitsForFifo(tid: number): boolean {
  return FIFO.test(text(`/proc/${tid}/wchan`) ?? "");
}

/** Where descriptor `fd` of a process points: a path, `socket:[inode]`, `pipe:[inode]`, `anon_inode:[…]`. */
export function fdLink(pid: number, fd: number): string | undefined {
  return link(`/proc/${pid}/fd/${fd}`);
}

/** What the kernel puts behind the path of a file that has none any more (fs/d_path.c). */
export const DELETED = " (deleted)";

/** Whether `target`, the link of a descriptor, ends so because its file is deleted, not because it is called so. */
export function isDeleted(pid: number, fd: number, target: string): boolean {
  if (!target.endsWith(DELETED)) return false;
  try {
    const file = statSync(`/proc/${pid}/fd/${fd}`);
    const named = lstatSync(bytesOf(target), { throwIfNoEntry: false });
    return named?.ino !== file.ino || named.dev !== file.dev;
  } catch {
    // one that cannot be looked at is not there under that name
    return true;
  }
}

export function cwdOf(pid: number): string | undefined {
  return link(`/proc/${pid}/cwd`);
}

/** Link of a descriptor for a process. */
export const PIDFD = "anon_inode:[pidfd]";

/** Process a pidfd stands for; -1 if it is gone, 0 if we cannot see it, undefined if the descriptor is none. */
export function pidOfFd(tid: number, fd: number): number | undefined {
  const pid = /^Pid:\s+(-?\d+)$/m.exec(text(`/proc/${tid}/fdinfo/${fd}`) ?? "")?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The process a pidfd is for; undefined for other descriptors, and when it has ended. */
export function pidfdProcess(tid: number, fd: number): number | undefined {
  const pid = pidOfFd(tid, fd) ?? 0;
  return pid > 0 ? pid : undefined;
}

/** Descriptors an epoll instance watches. */
export function epollWatches(pid: number, fd: number): number[] {
  const info = text(`/proc/${pid}/fdinfo/${fd}`) ?? "";
  return [...info.matchAll(/^tfd:\s+(\d+)/gm)].map((m) => Number(m[1]));
}

function link(path: string): string | undefined {
  try {
    return textOf(readlinkSync(path, "buffer"));
  } catch {
    return undefined;
  }
}

/** The call a task is in, as /proc/TID/syscall has it. */
export interface CurrentCall {
  readonly nr: number;
  /** Arguments as unsigned 32-bit halves, low first. */
  readonly args: Uint32Array;
  /** Stack pointer and instruction pointer of the program. */
  readonly sp: number;
  readonly pc: number;
}

/** Undefined when it is in none, gone, or not ours to look at (that takes what ptrace takes). */
export function currentCall(tid: number): CurrentCall | undefined {
  const [nr, ...rest] = (text(`/proc/${tid}/syscall`) ?? "").trim().split(" ");
  if (rest.length < 8) return undefined;
  const args = new Uint32Array(12);
  for (let i = 0; i < 6; i++) {
    const value = BigInt(rest[i]);
    args[2 * i] = Number(value & 0xffffffffn);
    args[2 * i + 1] = Number(value >> 32n);
  }
  return { nr: Number(nr), args, sp: Number(rest[6]), pc: Number(rest[7]) };
}

/** Whether a process's program is for 32-bit x86 (ELF class). */
export function isCompat(pid: number): boolean {
  const head = Buffer.alloc(5);
  try {
    const fd = openSync(`/proc/${pid}/exe`, "r");
    readSync(fd, head);
    closeSync(fd);
  } catch {
    return false;
  }
  return head[4] === 1;
}

/** Other processes that have a pipe open, by the text of its link. */
export function pipeHolders(link: string, except: number): number[] {
  return pids().filter((pid) => pid !== except && fds(pid).some((fd) => fdLink(pid, fd) === link));
}

/** All processes. */
export function pids(): number[] {
  return entries("/proc")
    .map(Number)
    .filter((n) => n > 0);
}

function fds(pid: number): number[] {
  return entries(`/proc/${pid}/fd`).map(Number);
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
