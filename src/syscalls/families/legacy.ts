/**
 * Calls that 32-bit x86 has kept from the first Linux: 16-bit ids, signal sets of one word, old stat, the calls behind
 * socketcall(2) and ipc(2) (arch/x86/entry/syscalls/syscall_32.tbl).
 */
import * as F from "../../abi/flags.ts";
import { BLIND_MSGRCV, IPCCALLS, SELECT } from "../../abi/syscalls.ts";
import {
  addr,
  array,
  call,
  family,
  fd,
  flags,
  hex,
  int,
  message,
  oneOf,
  out,
  path,
  ptr,
  signal,
  sigset,
  size_t,
  special,
  time,
  uint,
  when,
} from "../types/build.ts";
import type { Descriptor } from "../types/types.ts";
import { groups } from "./identity.ts";
import { waiting } from "./waiting.ts";

const id = special("id16", 2);
const creds = { classes: "creds" } as const;
const file = { classes: "file" } as const;
const owners = { owner: id, group: id };
const ids = (name: string) => ({ [`r${name}`]: id, [`e${name}`]: id });
const three = (name: string, type: ReturnType<typeof out> | typeof id) => ({
  [`r${name}`]: type,
  [`e${name}`]: type,
  [`s${name}`]: type,
});
const mask = special("sigmask_value");
const mask32 = sigset(4);
const oldStat = out(special("oldstat", 32));
const rlimit = special("rlimit32", 8);
const resource = oneOf(F.rlimit_resources);
const oneEntry = { fd, dirp: out(special("old_dirent", 268)) };
const oldAction = special("old_sigaction", 16);

export const legacy = family({
  lchown: call({ pathname: path, ...owners }, file),
  chown: call({ pathname: path, ...owners }, file),
  fchown: call({ fd, ...owners }, { classes: "desc" }),
  setuid: call({ uid: id }, creds),
  setgid: call({ gid: id }, creds),
  setreuid: call(ids("uid"), creds),
  setregid: call(ids("gid"), creds),
  setresuid: call(three("uid", id), creds),
  setresgid: call(three("gid", id), creds),
  getresuid: call(three("uid", out(array(id, 1))), creds),
  getresgid: call(three("gid", out(array(id, 1))), creds),
  setfsuid: call({ fsuid: id }, creds),
  setfsgid: call({ fsgid: id }, creds),
  getgroups: call({ size: int, list: out(array(id, { ret: true }, groups)) }, creds),
  setgroups: call({ size: size_t, list: array(id, "size", groups) }, creds),

  signal: call(
    { signum: signal, handler: special("sighandler") },
    { ret: "hex", classes: "signal", aux: "sighandler" },
  ),
  sigaction: call({ signum: signal, act: oldAction, oldact: out(oldAction) }, { classes: "signal" }),
  sgetmask: call({}, { ret: "hex", classes: "signal", aux: "sgetmask" }),
  ssetmask: call({ newmask: mask }, { ret: "hex", classes: "signal", aux: "ssetmask" }),
  // the first two arguments are of a kernel long gone
  sigsuspend: call({ mask: special("sigsuspend_mask") }, { classes: "signal", wait: "sleep" }),
  sigpending: call({ set: out(mask32) }, { classes: "signal" }),
  sigprocmask: call(
    { how: oneOf(F.sigprocmask_how), set: mask32, oldset: out(mask32) },
    { classes: "signal" },
  ),
  sigreturn: call({}, { ret: "long", classes: "signal", special: "sigreturn" }),

  oldstat: call({ pathname: path, statbuf: oldStat }, { classes: "file stat stat_like" }),
  oldlstat: call({ pathname: path, statbuf: oldStat }, { classes: "file lstat stat_like" }),
  oldfstat: call({ fd, statbuf: oldStat }, { classes: "desc fstat stat_like" }),
  readdir: call(
    { ...oneEntry, count: uint },
    // there is always one
    { classes: "desc", wait: "disk", variants: { by: "count", cases: [[1, oneEntry]] } },
  ),
  stime: call({ t: out(ptr(time)) }, { classes: "clock" }),
  getrlimit: call({ resource, rlim: out(rlimit) }),
  ugetrlimit: call({ resource, rlim: out(rlimit) }),
  setrlimit: call({ resource, rlim: rlimit }),
  bdflush: call({ func: hex, data: hex }),
  select: call({ args: addr }, { classes: "desc", wait: "poll" }),

  fanotify_mark: call(
    {
      fanotify_fd: fd,
      flags: flags(F.fanotify_mark_flags),
      mask: special("flags_pair", undefined, { index: 2, set: F.fanotify_events }),
      upper: when("fanotify_fd", 0, hex),
      dirfd: special("fan_dirfd"),
      pathname: path,
    },
    { classes: "desc file" },
  ),
  send: call(
    { sockfd: fd, buf: message({ arg: "len" }), len: size_t, flags: flags(F.msg_flags) },
    { ret: "long", classes: "network", wait: "network" },
  ),
  recv: call(
    { sockfd: fd, buf: out(message({ ret: true, max: "len" })), len: size_t, flags: flags(F.msg_flags) },
    { ret: "long", classes: "network", wait: "network" },
  ),
  socketcall: call({ call: special("socketcall_number"), args: addr }, { classes: "desc" }),
  ipc: call(
    { call: special("ipc_call"), first: hex, second: hex, third: hex, ptr: hex, fifth: hex },
    { classes: "ipc" },
  ),
});

const through = family({
  semctl: call(
    {
      semid: int,
      semnum: int,
      op: special("ipc_command", undefined, F.sem_commands),
      arg: special("semctl_indirect", 4),
    },
    { classes: "ipc" },
  ),
  shmat: call(
    {
      shmid: int,
      shmaddr: addr,
      shmflg: special("shmat_flags"),
    },
    { ret: "hex", classes: "ipc memory" },
  ),
  msgrcv: call(
    { msqid: int, msgp: out(addr), msgsz: size_t, msgflg: flags(F.msgrcv_flags) },
    { ret: "long", classes: "ipc", wait: "ipc" },
  ),
});
const SEMCTL = 3;
const SHMAT = 21;

/** What those made through another are described as, where that differs from what their name says. */
export const indirect: ReadonlyMap<number, Descriptor> = new Map([
  [SELECT, waiting.find((d) => d.name === "select")!],
  [IPCCALLS + SEMCTL, through[0]],
  [IPCCALLS + SHMAT, through[1]],
  [BLIND_MSGRCV, through[2]],
]);
