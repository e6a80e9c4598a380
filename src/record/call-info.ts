/** What recording wants to know about a system call, by its name; found out once for each. */
import { withoutTime64 } from "../abi/syscalls.ts";
import type { Call } from "../capture/event.ts";
import { isProgress, mayAwaitClients } from "./ready.ts";
import { Text } from "./texts.ts";

/** Calls whose file is worth knowing however short they are: many of them add up. */
const ALWAYS = /^(connect|fsync|fdatasync|sync_file_range|msync|syncfs|flock|renameat2?|rename)$/;
const WRITES = /^(write|writev|sendto|sendmsg)$/;
const SETS = /^(poll|ppoll|select|pselect6)$/;
/** Calls that wait for someone else's initiative, or for a time: long ones say nothing about the service. */
const IDLE =
  /^(accept4?|e?poll|p?poll|p?select|epoll_p?wait2?|pselect6|epoll_wait|read|readv|recvfrom|recvmsg|recvmmsg|wait4|waitid|waitpid|futex(_wait(v)?)?|(clock_)?nanosleep|pause|rt_sig(suspend|timedwait)|sigsuspend|msgrcv|mq_timedreceive|semtimedop|semop|io_getevents|io_pgetevents|io_uring_enter|restart_syscall)$/;

export class CallInfo {
  readonly name: Text;
  readonly progress: boolean;
  readonly clients: boolean;
  /** A long one is a sign of leisure. */
  readonly idle: boolean;
  /** May wait, so that its arguments are wanted before it returns. */
  readonly waits: boolean;
  readonly exec: boolean;
  readonly ends: boolean;
  readonly prctl: boolean;
  readonly fcntl: boolean;
  /** May wait for a file lock. */
  readonly locks: boolean;
  readonly futex: boolean;
  /** Index of the descriptor argument, -1 when none. */
  readonly fd: number;
  readonly path: boolean;
  readonly set: boolean;
  readonly epoll: boolean;
  readonly always: boolean;
  readonly writes: boolean;
  /** Has an address: connect, sendto. */
  readonly peer: boolean;
  readonly makesFd: boolean;
  /** Changes what descriptors mean, so that it has to be noted. */
  readonly notes: boolean;
  /** Index in `infos`. */
  readonly index: number;

  constructor(call: Call, index: number) {
    const { name, descriptor } = call;
    const plain = withoutTime64(name);
    const kinds = descriptor?.args.map((a) => a.type.kind) ?? [];
    this.name = new Text(name);
    this.progress = isProgress(name);
    this.clients = mayAwaitClients(name);
    this.idle = IDLE.test(plain);
    this.waits = descriptor?.wait !== undefined;
    this.exec = name.startsWith("exec");
    this.ends = name === "exit_group" || name === "exit";
    this.prctl = name === "prctl";
    this.fcntl = name === "fcntl";
    this.locks = this.fcntl || name === "flock";
    this.futex = plain === "futex";
    this.fd = kinds.indexOf("fd");
    this.path = kinds.includes("path");
    this.set = SETS.test(plain);
    this.epoll = /^epoll_p?wait2?$/.test(name);
    this.always = ALWAYS.test(name);
    this.writes = WRITES.test(name);
    this.peer = name === "connect" || name === "sendto";
    this.makesFd = descriptor?.ret === "fd" || name === "fcntl";
    this.notes =
      this.makesFd || this.exec || /^(close|close_range|socket|bind|connect|listen|accept4?)$/.test(name);
    this.index = index;
  }
}

const byName = new Map<string, CallInfo>();
/** By number, to find it without hashing the name; the ABIs' numbers differ, so the name decides. */
const byNumber: (CallInfo | undefined)[] = [];
/** Every call seen so far. */
export const infos: CallInfo[] = [];

export function infoOf(call: Call): CallInfo {
  const known = byNumber[call.nr];
  if (known !== undefined && known.name.text === call.name) return known;
  let info = byName.get(call.name);
  if (!info) {
    info = new CallInfo(call, infos.length);
    infos.push(info);
    byName.set(call.name, info);
  }
  if (call.nr >= 0 && call.nr < 1024) byNumber[call.nr] = info;
  return info;
}
