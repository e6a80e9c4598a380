/** What kind of waiting a call is, and for what. */
import { withoutTime64 } from "../abi/syscalls.ts";
import { lowest } from "../base/search.ts";
import type { CallRow } from "../record/model.ts";
import { descriptorsIn, keyOf } from "../record/targets.ts";
import { queryName } from "./dns.ts";
import { endOf, type Timeline } from "./timeline.ts";
import type { Category } from "./types.ts";

export interface Wait {
  category: Category;
  /** Groups calls told as one: `fsync`, `connect`, `lookup`, `read` … */
  kind: string;
  target: string;
}

const is = (names: string) => {
  const set = new Set(names.split(" "));
  return (name: string) => set.has(withoutTime64(name));
};

export const isWait = is("wait4 waitid waitpid");
export const isPoll = is("poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 _newselect");
export const isSleep = is("nanosleep clock_nanosleep");
export const isPause = is("pause rt_sigsuspend rt_sigtimedwait sigsuspend");
export const isRead = is("read readv pread64 preadv preadv2 recvfrom recvmsg recvmmsg recv accept accept4");
export const isWrite = is(
  "write writev pwrite64 pwritev pwritev2 sendto sendmsg sendmmsg send sendfile splice",
);
const isSync = is("fsync fdatasync msync sync_file_range syncfs sync");
const isLookup = is(
  "open openat openat2 access faccessat faccessat2 stat lstat newfstatat fstatat64 statx readlink readlinkat " +
    "statfs getdents getdents64 stat64 lstat64",
);
const isChange = is(
  "unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat truncate ftruncate " +
    "fallocate creat chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown mknod mknodat utime utimes futimesat " +
    "utimensat setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat " +
    "mount umount umount2 move_mount fsmount pivot_root swapon swapoff " +
    "truncate64 ftruncate64 chown32 fchown32 lchown32",
);
/** Look at files, too, but are worth telling only when they take long. */
const isLook = is(
  "fstat fstat64 fstatfs statfs64 fstatfs64 chdir fchdir chroot getxattr lgetxattr fgetxattr getxattrat " +
    "listxattr llistxattr flistxattr listxattrat name_to_handle_at open_by_handle_at",
);
/** Have the kernel read a file for later. */
const isFetch = is("readahead fadvise64 fadvise64_64");
const isMemory = is(
  "mmap munmap mprotect brk madvise mremap mlock mlockall munlock exit_group exit process_madvise",
);
export const isFutex = is("futex futex_wait futex_waitv");
const isSemaphore = is("semop semtimedop");
const isMessage = is("mq_timedreceive msgrcv");
/** Waits for what was asked for earlier. */
const isCompletion = is("io_uring_enter io_getevents io_pgetevents");
const isLock = (name: string) => isFutex(name) || isSemaphore(name) || name === "flock";
/** Locks a part of a file, with the right command. */
export const locks = is("fcntl fcntl64");
const isFork = is("fork vfork clone clone3");

/** ns. */
const LONG = 10e6;
const WORTH_A_NAME = 0.2e6;
/** Calls looked back for the connect of a socket. */
const BACK = 50;
/** Who has not answered a query for so long (ns) is not asked any more. */
const PATIENCE = 30e9;

const SLEEP: Wait = { category: "sleep", kind: "sleep", target: "" };

/** Waits for something to do. */
export const isIdle = ({ category }: Wait): boolean => /^(ipc|child|sleep)$/.test(category);

/** Calls whose time on a CPU is not worth telling apart: they wait, or work on names of files. */
export const isWhole = ({ name }: Pick<CallRow, "name">): boolean =>
  isWait(name) ||
  isPoll(name) ||
  isSleep(name) ||
  isPause(name) ||
  isSync(name) ||
  isLock(name) ||
  isLookup(name) ||
  isChange(name) ||
  /^(accept4?|connect)$/.test(name);

/** The thread that has the mutex a futex call waits for. */
export function ownerIn(target: string): number | undefined {
  const tid = /^thread:(\d+)$/.exec(target)?.[1];
  return tid === undefined ? undefined : Number(tid);
}

/** The path of the FIFO whose other end a call waits for. */
export const fifoIn = (target: string): string | undefined => /^fifo:(.*)$/s.exec(target)?.[1];

/** The call timed out by its own limit. */
export function timedOut(call: CallRow): boolean {
  return (
    (isPoll(call.name) && /^0(\s|$)/.test(call.ret)) ||
    call.error === "ETIMEDOUT" ||
    (withoutTime64(call.name) === "semtimedop" && call.error === "EAGAIN") ||
    /\bTimeout\b/i.test(call.ret)
  );
}

/** It lasted as long as it was meant to. Who waits for a mutex with a known owner waits for that, however long. */
export function slept(call: CallRow): boolean {
  if (isFutex(call.name))
    return timedOut(call) && ownerIn(call.target) === undefined && !call.args.includes("FUTEX_LOCK");
  return isSleep(call.name) || (isPoll(call.name) && timedOut(call));
}

/** Sorts waits; remembers what it learnt about peers. */
export class Waits {
  /** Peers that got DNS queries, by pid and target. */
  private readonly resolvers = new Set<string>();
  private readonly worksByName: (id: number) => boolean;
  private readonly wholeByName: (id: number) => boolean;
  private readonly isNothing: (id: number) => boolean;
  /** Indexes of what was sent to and got from a peer by a process, in order. */
  private transfers: Map<string, Map<number, number[]>> | undefined;

  constructor(private readonly timeline: Timeline) {
    const { table } = timeline;
    const sent = table.where({
      target: (target) => target.startsWith("udp:") || target.startsWith("tcp:"),
      name: isWrite,
      args: (args) => queryName(args) !== undefined,
    });
    for (const call of sent) this.resolvers.add(call.target);
    this.worksByName = table.byText((name) => !isPoll(name) && !locks(name) && this.ofShort(name) === "cpu");
    this.wholeByName = table.byText((name) => isWhole({ name }));
    this.isNothing = table.byText((target) => target === "");
  }

  /**
   * The call at `index` of the table is short and only work for a CPU: by what it is, or because it had one throughout.
   */
  isWork(index: number): boolean {
    const { duration, name, target, blocked, queued } = this.timeline.table.columns;
    if (duration[index] >= WORTH_A_NAME) return false;
    if (blocked[index] === 0 && queued[index] === 0 && !this.wholeByName(name[index])) return true;
    return this.isNothing(target[index]) && this.worksByName(name[index]);
  }

  private ofShort(name: string): Category {
    return this.of({ name, target: "", args: "", duration: 0 } as CallRow).category;
  }

  of(call: CallRow): Wait {
    const { name } = call;
    if (isWait(name)) return { category: "child", kind: "wait", target: "" };
    if (isSleep(name)) return SLEEP;
    if (isPause(name)) return { category: "ipc", kind: "signal", target: "a signal" };
    if (isSync(name))
      return { category: "disk", kind: name === "sync" ? "sync" : "fsync", target: call.target };
    if (slept(call) && isFutex(name)) return SLEEP;
    if (isLock(name) || (locks(name) && /F_(OFD_)?SETLKW/.test(call.args))) {
      const kind = isFutex(name) ? "futex" : isSemaphore(name) ? "semaphore" : "filelock";
      return { category: "lock", kind, target: call.target };
    }
    if (isMessage(name)) return { category: "ipc", kind: "message", target: call.target };
    if (isCompletion(name) && call.duration >= LONG)
      return { category: "ipc", kind: "completion", target: "" };
    if (isFork(name)) return { category: "memory", kind: "fork", target: "" };
    if (name.startsWith("execve")) return { category: "disk", kind: "exec", target: call.target };
    if (isPoll(name)) return this.poll(call);
    if (name === "copy_file_range") return ofFile(call, "write", this.copied(call));
    if (isFetch(name)) return ofFile(call, "read", this.objectOf(call));
    if (name === "connect" || isRead(name) || isWrite(name) || name === "close" || name === "shutdown") {
      return this.transfer(call);
    }
    // the opening of a FIFO waits for its other end
    if (isLookup(name) && fifoIn(call.target) !== undefined)
      return { category: "ipc", kind: "partner", target: call.target };
    if (isLookup(name)) return { category: "disk", kind: "lookup", target: call.target };
    if (isChange(name)) return { category: "disk", kind: "change", target: call.target };
    if (isMemory(name)) return { category: "memory", kind: "memory", target: "" };
    if (isLook(name) && call.duration >= LONG)
      return { category: "disk", kind: "lookup", target: call.target };
    if (name === "getrandom") return { category: "lock", kind: "entropy", target: "entropy" };
    if (name === "restart_syscall") return { category: "sleep", kind: "restarted", target: "" };
    return unknown(call);
  }

  private poll(call: CallRow): Wait {
    const targets = call.target ? call.target.split(" | ") : [];
    const rank = ["dns", "network", "ipc", "disk"];
    const waits = targets
      .filter((t) => !t.startsWith("listen:"))
      .map((t) => this.peer(call, t))
      .sort((a, b) => rank.indexOf(a.category) - rank.indexOf(b.category));
    const finite = hasTimeout(call);
    // One that ended by its own limit was a sleep, whatever else would have ended it, unless somebody owed an answer.
    if (waits.length > 0 && timedOut(call) && finite) {
      const alone = new Set(descriptorsIn(call.name, call.args)).size === 1;
      return waits.find((w) => this.owes(call, w, alone)) ?? SLEEP;
    }
    if (waits.length > 0) return waits[0];
    if (targets.length > 0) return { category: "ipc", kind: "clients", target: targets[0] };
    // what came of a short one nobody looked up, but something came
    const came = Number.parseInt(call.ret, 10) > 0;
    return finite && !came ? SLEEP : { category: "ipc", kind: "poll", target: call.target };
  }

  /** The peer is why a poll that timed out was made. `alone`: no other descriptor was looked at. */
  private owes(call: CallRow, { category, target }: Wait, alone: boolean): boolean {
    if (!/^(tcp|udp|unix):/.test(target) || target.startsWith("unix:[")) return false;
    if (category !== "ipc" && alone) return true;
    const { asked, died } = this.timeline.recording.lifetime;
    // a stop waits for its clients, and looks at its clock meanwhile
    if (endOf(call) > (asked ?? died ?? Number.POSITIVE_INFINITY) && this.timeline.isClient(target))
      return true;
    return this.awaited(call, target, category === "dns");
  }

  /**
   * The peer was asked for something before `call` and has said nothing since, or has not said anything since it was
   * connected to. Of several queries to a name server one may have been answered.
   */
  private awaited(call: CallRow, target: string, query: boolean): boolean {
    const { table } = this.timeline;
    const list = this.transfersOf(call.pid, target);
    let due = 0;
    const first = lowest(list.length, (k) => table.columns.ts[list[k]] >= call.ts) - 1;
    for (let k = first; k > Math.max(-1, first - BACK); k--) {
      const c = table.at(list[k]);
      if (c.name === "connect")
        return due === 0 && !target.startsWith("udp:") && /^(|EINPROGRESS|EALREADY|EINTR)$/.test(c.error);
      const blocked = /^E(AGAIN|WOULDBLOCK|INTR|RESTART.*)$/.test(c.error) || c.unfinished;
      if (isRead(c.name)) {
        if (blocked) continue;
        if (!query) return false;
        due--;
        continue;
      }
      // what there was no room for waits for the peer, too
      if (!query) return blocked || c.error === "";
      if (call.ts - endOf(c) > PATIENCE) return false;
      if (c.error !== "") continue;
      due += (c.name === "sendmmsg" && Number.parseInt(c.ret, 10)) || 1;
      if (due > 0) return true;
    }
    return false;
  }

  private transfersOf(pid: number, target: string): readonly number[] {
    this.transfers ??= this.findTransfers();
    return this.transfers.get(target)?.get(pid) ?? [];
  }

  private findTransfers(): Map<string, Map<number, number[]>> {
    const { table } = this.timeline;
    const { name, target, pid, fd } = table.columns;
    const transfers = table.byText((n) => isRead(n) || isWrite(n) || n === "connect");
    const closes = table.byText((n) => n === "close");
    const isPeer = table.byText((t) => /^(tcp|udp|unix):/.test(t));
    const out = new Map<string, Map<number, number[]>>();
    // of a short read nobody looked up the peer
    const known = new Map<number, number>();
    for (let i = 0; i < table.length; i++) {
      const key = keyOf(pid[i], fd[i]);
      if (closes(name[i])) known.delete(key);
      if (!transfers(name[i])) continue;
      if (fd[i] >= 0 && !this.isNothing(target[i])) known.set(key, target[i]);
      const about = this.isNothing(target[i]) ? known.get(key) : target[i];
      if (about === undefined || !isPeer(about)) continue;
      const text = table.text(about);
      const byPid = out.get(text) ?? new Map<number, number[]>();
      out.set(text, byPid);
      const list = byPid.get(pid[i]);
      if (list) list.push(i);
      else byPid.set(pid[i], [i]);
    }
    return out;
  }

  private objectOf(call: CallRow): string {
    return call.target || (call.duration >= WORTH_A_NAME ? this.timeline.pathOf(call) : "");
  }

  /** The file that a copy was made into; its source where that is not known. */
  private copied(call: CallRow): string {
    const into = Number(/^\d+(?:<[^>]*>)?, [^,]*, (\d+)/.exec(call.args)?.[1] ?? -1);
    if (call.duration < WORTH_A_NAME || into < 0) return call.target;
    return this.timeline.fileOf(call.pid, into, call.ts) || this.objectOf(call);
  }

  private transfer(call: CallRow): Wait {
    const target = this.objectOf(call);
    return target ? this.peer(call, target) : unknown(call);
  }

  private peer(call: CallRow, target: string): Wait {
    if (/^(udp|tcp):.*:53$/.test(target) || this.resolvers.has(target))
      return { category: "dns", kind: "dns", target };
    if (/^unix:.*(nscd\/socket|systemd\/resolve)/.test(target))
      return { category: "dns", kind: "dns", target };
    if (/^(tcp|udp):/.test(target)) {
      const kind = call.name === "connect" || this.connecting(call, target) ? "connect" : "peer";
      return { category: "network", kind, target };
    }
    if (/^(pipe|socket|anon_inode|bound|listen|unix|fifo)/.test(target)) {
      return { category: "ipc", kind: target.startsWith("listen:") ? "clients" : "pipe", target };
    }
    if (/^\/dev\/(pts|tty)/.test(target)) return { category: "ipc", kind: "terminal", target };
    return { category: "disk", kind: isWrite(call.name) ? "write" : "read", target };
  }

  /** A poll or write on a socket whose non-blocking connect has not been answered yet. */
  private connecting(call: CallRow, target: string): boolean {
    if (isRead(call.name)) return false;
    const seen: CallRow[] = [];
    for (const c of this.timeline.before(call, BACK)) {
      if (c.name === "connect" && c.target === target)
        return /^(EINPROGRESS|EALREADY)$/.test(c.error) && !seen.some((s) => saysConnected(s, fdOf(c)));
      seen.push(c);
      if ((isRead(c.name) || isWrite(c.name)) && c.target === target && !c.error) return false;
    }
    return false;
  }
}

/** Whatever file it is, a long call on one waits for the disk. */
function ofFile(call: CallRow, kind: string, target: string): Wait {
  return call.duration >= LONG || (target && call.duration >= WORTH_A_NAME)
    ? { category: "disk", kind, target }
    : unknown(call);
}

/** Short calls are the kernel working for the process; a long one waits for something, whatever it is. */
function unknown(call: CallRow): Wait {
  return call.duration >= LONG
    ? { category: "ipc", kind: "other", target: call.target }
    : { category: "cpu", kind: "calls", target: "" };
}

const fdOf = (call: CallRow): number => (call.fd >= 0 ? call.fd : Number.parseInt(call.args, 10));

/** A getsockopt without an error, or a poll that found room to write, says that the socket `fd` is connected. */
function saysConnected(call: CallRow, fd: number): boolean {
  const { name, args, ret } = call;
  if (name === "getsockopt") return fdOf(call) === fd && /SO_ERROR, \[0\]/.test(args);
  if (!isPoll(name) || Number.isNaN(fd)) return false;
  if (name.includes("epoll")) {
    const event = new RegExp(`\\{events=([\\w|]+), data=\\{u32=${fd},`).exec(args)?.[1] ?? "";
    return /EPOLLOUT/.test(event) && !/EPOLLERR/.test(event);
  }
  if (name.includes("poll")) {
    const event = new RegExp(`\\{fd=${fd}, revents=([\\w|]+)`).exec(ret)?.[1] ?? "";
    return /POLLOUT/.test(event) && !/POLLERR/.test(event);
  }
  return /\bout \[([\d ]+)\]/.exec(ret)?.[1].split(" ").includes(String(fd)) ?? false;
}

/** A poll that looks at nothing: programs sleep so, too. */
export function looksAtNothing({ name, args }: CallRow): boolean {
  if (name.includes("epoll")) return false;
  return /poll$/.test(withoutTime64(name)) ? /^(NULL|0x[0-9a-f]+|\[\]), 0,/.test(args) : /^0,/.test(args);
}

/** poll, select and epoll with a limit. */
export function hasTimeout(call: CallRow): boolean {
  if (call.name.includes("epoll")) return !/, -1(,|$)/.test(call.args);
  if (call.name === "poll") return !/, -1$/.test(call.args);
  return /\{tv_sec=|tv_nsec=/.test(call.args);
}

/** Length of a call in ns within a window. */
export function within(call: CallRow, from: number, to: number): number {
  return Math.max(0, Math.min(endOf(call), to) - Math.max(call.ts, from));
}
