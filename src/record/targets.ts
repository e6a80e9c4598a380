/**
 * What a call is about: the file, peer, pipe or directory behind its arguments. Looked up at a call's exit, while
 * the task is stopped, and only where it can matter, because a lookup costs more than the call.
 */
import type { Task } from "../capture/event.ts";
import { SocketTable, socketInode } from "../kernel/sockets.ts";
import { cwdOf, epollWatches, fdLink } from "../kernel/tasks.ts";
import type { CallInfo } from "./call-info.ts";

/** Between the targets of a call on several descriptors (poll, select, epoll). */
export const SEPARATOR = " | ";
/** Descriptors looked up for one poll or select. */
const MAX_SET = 16;
const MAX_LINKS = 4096;
/**
 * Share of the time that finding peers may take, while every call is seen and while a service just runs: the kernel lists all
 * sockets to tell of one, and where clients come and go there are thousands.
 */
const FULL_SHARE = 0.1;
const SPARE_SHARE = 0.002;
/** Processes of whose descriptors something is remembered, and descriptors of each. */
const MAX_PROCESSES = 1024;
const MAX_FDS = 4096;
/** More than a process can have descriptors. */
const FDS = 2 ** 24;
/** DNS, where nobody saw what kind of socket was made. */
const DOMAIN = ":53";

/** Key of a descriptor of a process. */
export const keyOf = (pid: number, fd: number): number => pid * FDS + fd;

interface Link {
  readonly text: string;
  /** Inode of a socket, "" otherwise. */
  readonly inode: string;
}

/** What a socket is connected to. */
interface Peer {
  readonly text: string;
  /** Of the socket; "" where only the epoch says that it is this one: as long as every call is seen. */
  readonly inode: string;
  readonly epoch: number;
}

/** Of all services: they have most sockets in the same namespace. */
const sockets = new SocketTable();

export class Targets {
  /** Every call is seen at the moment; otherwise nothing is remembered. */
  complete = false;
  /** /proc links of descriptors; valid because every call that changes descriptors passes `note`. */
  private readonly links = new Map<number, Link>();
  /** What descriptors of processes were connected to; stays known when the connection failed. */
  private readonly peers = new Map<number, Map<number, Peer>>();
  /** Counts how often it changed whether every call is seen, and when it did last (ns). */
  private epoch = 0;
  private since = 0;
  /** Of descriptors of processes that were seen being made, or their parents'. */
  private readonly types = new Map<number, Map<number, "tcp" | "udp">>();

  /** `share`: of the time, what may be spent on finding peers while only some calls are seen. */
  constructor(private readonly share = SPARE_SHARE) {}

  /** From `now` (ns) on every call is seen at the moment, or only some are. */
  watch(every: boolean, now: number): void {
    if (every === this.complete) return;
    this.complete = every;
    this.missed(now);
    if (every) sockets.refresh();
  }

  /** The descriptor a call is about; -1 when none. */
  fdOf(task: Task, info: CallInfo): number {
    return info.fd < 0 ? -1 : task.call.args[2 * info.fd] | 0;
  }

  /** Notes what calls say about descriptors. Called at every exit that is recorded and `info.notes`. */
  note(task: Task, info: CallInfo, args: string): void {
    const { call } = task;
    const { name } = call;
    const fd = call.args[0] | 0;
    if (info.makesFd && !call.error) {
      if (name !== "fcntl" || args.includes("F_DUPFD")) this.closed(task.pid, call.retLo | 0);
    } else if (name === "close") this.closed(task.pid, fd);
    else if (name === "close_range" || info.exec) this.forget(task.pid);
    if (name === "socket" && !call.error) {
      remember(this.types, task.pid, call.retLo | 0, /SOCK_DGRAM/.test(args) ? "udp" : "tcp");
    } else if (name === "connect") {
      const inode = this.changed(task.pid, fd);
      const text = this.sockaddr(task.pid, fd, args);
      // of calls between this one and now some may not be seen: the descriptor may be another socket
      if (text && call.exit >= this.since) this.connected(task.pid, fd, text, inode);
      else this.peers.get(task.pid)?.delete(fd);
    } else if (name === "listen" || name === "bind") {
      this.changed(task.pid, fd);
    } else if (
      (name === "accept" || name === "accept4") &&
      !call.error &&
      this.complete &&
      call.exit >= this.since
    ) {
      const text = this.sockaddr(task.pid, fd, args);
      if (text) this.connected(task.pid, call.retLo | 0, text, "");
    }
  }

  /** The target of a call that took `duration` ns; "" when it is about nothing or not worth a lookup. */
  of(task: Task, info: CallInfo, args: string, duration: number, slow: number): string {
    const { call } = task;
    if (info.peer) {
      const peer = this.sockaddr(task.pid, call.args[0] | 0, args);
      if (peer) return peer;
    }
    // Who wrote into a pipe is needed to follow its reader; the links of known descriptors are cheap.
    const worth =
      duration >= slow || info.writes || info.always || (info.fcntl && /F_(OFD_)?SETLK/.test(args));
    if (info.fd >= 0 && !info.path && !info.epoll) {
      const fd = call.args[2 * info.fd] | 0;
      return this.peer(task.pid, fd)?.text ?? (worth ? this.fd(task.pid, fd) : "");
    }
    if (!worth) return "";
    if (info.path) return this.path(task.pid, call, args);
    if (info.set) return this.set(task.pid, descriptorsIn(call.name, args));
    if (info.epoll) return this.set(task.pid, epollWatches(task.pid, call.args[0] | 0));
    return "";
  }

  /** What a descriptor refers to: a path, a peer, a pipe. */
  fd(pid: number, fd: number): string {
    const key = keyOf(pid, fd);
    let link = this.links.get(key);
    if (link === undefined) {
      const text = fdLink(pid, fd);
      if (text === undefined) return "";
      if (this.links.size > MAX_LINKS) this.forgetLinks();
      link = { text, inode: socketInode(text) ?? "" };
      if (this.complete) this.links.set(key, link);
    }
    if (link.inode === "") return link.text;
    const peer = this.peer(pid, fd, link.inode);
    return peer?.text ?? sockets.find(pid, link.inode, this.complete ? FULL_SHARE : this.share) ?? link.text;
  }

  /** The process has a child, with descriptors like its own. */
  forked(pid: number, child: number): void {
    const types = this.types.get(pid);
    if (types && this.types.size < MAX_PROCESSES) this.types.set(child, new Map(types));
  }

  /** The process is gone, or its descriptors have changed. */
  forget(pid: number): void {
    this.forgetLinks();
    this.peers.delete(pid);
    this.types.delete(pid);
  }

  /** Some calls of before `now` (ns) were lost. */
  missed(now: number): void {
    this.epoch++;
    this.since = now;
    this.types.clear();
    this.forgetLinks();
  }

  /** Descriptors may have changed unseen, or many have. */
  forgetLinks(): void {
    this.links.clear();
  }

  /** If calls were left out, the descriptor may be another socket by now: only if it has this inode it is not. */
  private peer(pid: number, fd: number, inode?: string): Peer | undefined {
    const peer = this.peers.size > 0 ? this.peers.get(pid)?.get(fd) : undefined;
    return peer && ((this.complete && peer.epoch === this.epoch) || peer.inode === inode) ? peer : undefined;
  }

  private connected(pid: number, fd: number, text: string, inode: string): void {
    remember(this.peers, pid, fd, { text, inode, epoch: this.epoch });
  }

  /** A socket had another peer, or was not listening, before: its inode, "" if there is none. */
  private changed(pid: number, fd: number): string {
    const inode = socketInode(fdLink(pid, fd) ?? "") ?? "";
    if (inode !== "") sockets.forget(inode);
    return inode;
  }

  /** The descriptor is closed, or another file. */
  private closed(pid: number, fd: number): void {
    this.links.delete(keyOf(pid, fd));
    if (this.types.size > 0) this.types.get(pid)?.delete(fd);
    if (this.peers.size > 0) this.peers.get(pid)?.delete(fd);
  }

  private set(pid: number, fds: readonly number[]): string {
    const seen = new Set<string>();
    for (const fd of fds.slice(0, MAX_SET)) {
      const target = this.fd(pid, fd);
      if (target) seen.add(target);
    }
    return [...seen].join(SEPARATOR);
  }

  private path(pid: number, call: Task["call"], args: string): string {
    const quoted = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
    if (!quoted) return "";
    if (quoted.startsWith("/")) return quoted;
    const dirfd = /^(\d+)[<,]/.exec(args)?.[1];
    const base = dirfd !== undefined && call.name.endsWith("at") ? fdLink(pid, Number(dirfd)) : cwdOf(pid);
    return base ? `${base}/${quoted}` : quoted;
  }

  private sockaddr(pid: number, fd: number, args: string): string | undefined {
    const peer = sockaddrText(args);
    if (!peer || peer.startsWith("unix:")) return peer;
    return `${this.types.get(pid)?.get(fd) ?? (peer.endsWith(DOMAIN) ? "udp" : "tcp")}:${peer}`;
  }
}

/** What is known of a descriptor of a process, as far as there is room. */
function remember<T>(all: Map<number, Map<number, T>>, pid: number, fd: number, known: T): void {
  let some = all.get(pid);
  if (!some) {
    if (all.size > MAX_PROCESSES) all.clear();
    some = new Map();
    all.set(pid, some);
  }
  if (some.size > MAX_FDS) some.clear();
  some.set(fd, known);
}

/** There was no time to find out what some socket is connected to. */
export const isUnknown = (target: string): boolean => /(^| )socket:\[/.test(target);

/** `10.0.0.1:5432`, `[::1]:80` or `unix:/path` from a sockaddr as strace prints it. */
export function sockaddrText(args: string): string | undefined {
  const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1];
  if (port !== undefined) {
    const v4 = /inet_addr\("([^"]+)"\)/.exec(args)?.[1];
    if (v4) return `${v4}:${port}`;
    const v6 = /inet_pton\(AF_INET6, "([^"]+)"/.exec(args)?.[1];
    // as the kernel lists it
    if (v6) return /^::ffff:[\d.]+$/.test(v6) ? `${v6.slice(7)}:${port}` : `[${v6}]:${port}`;
  }
  const path = /sun_path=(@?)"((?:[^"\\]|\\.)*)"/.exec(args);
  return path ? `unix:${path[1]}${path[2]}` : undefined;
}

/** Descriptors in the printed arguments of poll (`{fd=3, …}`) or select (`[3 5]`). */
export function descriptorsIn(name: string, args: string): number[] {
  if (name.includes("poll")) return [...args.matchAll(/\{fd=(\d+)/g)].map((m) => Number(m[1]));
  return [...args.matchAll(/\[([\d ]+)\]/g)].flatMap((m) => m[1].split(" ").map(Number));
}
