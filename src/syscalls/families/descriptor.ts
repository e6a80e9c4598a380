/** Descriptors themselves: dup(2), fcntl(2), flock(2), pipe(2), eventfd(2), memfd_create(2), inotify(7), fanotify(7). */
import * as F from "../../abi/flags.ts";
import {
  array,
  byField,
  call,
  cstring,
  family,
  fd,
  flags,
  flags64,
  hex,
  int,
  long,
  oneOf,
  oneOf64,
  out,
  path,
  pid,
  ptr,
  signal,
  special,
  struct,
  uint,
  ulong,
} from "../types/build.ts";
import type { Type } from "../types/types.ts";
import { openFlags } from "./file.ts";

const desc = { classes: "desc" } as const;
const opens = { classes: "desc", ret: "fd" } as const;

const flock = ptr(
  struct("flock", {
    l_type: oneOf(F.lock_types),
    l_whence: oneOf(F.seek_whence),
    l_start: long,
    l_len: long,
  }),
);
const flockHolder = ptr(
  struct("flock", {
    l_type: oneOf(F.lock_types),
    l_whence: oneOf(F.seek_whence),
    l_start: long,
    l_len: long,
    l_pid: pid,
  }),
);
const F_OWNER_PGRP = 2;
const owner = ptr(
  struct("f_owner_ex", { type: oneOf(F.owner_types), pid: byField("type", [[F_OWNER_PGRP, int]], pid) }),
);
const hint = ptr({ kind: "enum", set: F.rw_hints, wide: true });

const cmd = { fd, cmd: oneOf(F.fcntl_cmds) };
const takes = (arg: Type) => ({ ...cmd, arg });
const gives = (arg: Type) => ({ ...cmd, arg: out(arg) });

/** fcntl's commands by number, from linux/fcntl.h and asm-generic/fcntl.h. */
const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_GETLK = 5;
const F_SETLK = 6;
const F_SETLKW = 7;
const F_SETOWN = 8;
const F_GETOWN = 9;
const F_SETSIG = 10;
const F_GETSIG = 11;
const F_SETOWN_EX = 15;
const F_GETOWN_EX = 16;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_OFD_SETLKW = 38;
const F_SETLEASE = 1024;
const F_GETLEASE = 1025;
const F_NOTIFY = 1026;
const F_DUPFD_QUERY = 1027;
const F_CREATED_QUERY = 1028;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_GET_RW_HINT = 1035;
const F_SET_RW_HINT = 1036;
const F_GET_FILE_RW_HINT = 1037;
const F_SET_FILE_RW_HINT = 1038;

export const descriptors = family({
  dup: call({ oldfd: fd }, opens),
  dup2: call({ oldfd: fd, newfd: fd }, opens),
  dup3: call({ oldfd: fd, newfd: fd, flags: flags(F.open_flags) }, opens),
  close_range: call({ first: uint, last: uint, flags: flags(F.close_range_flags) }),
  fcntl: call(
    { ...cmd, arg: hex },
    {
      classes: "desc",
      aux: "fcntl_result",
      wait: "lock",
      variants: {
        by: "cmd",
        cases: [
          [F_DUPFD, takes(long)],
          [F_DUPFD_CLOEXEC, takes(long)],
          [F_DUPFD_QUERY, takes(fd)],
          [F_GETFD, cmd],
          [F_SETFD, takes(flags(F.fd_flags))],
          [F_GETFL, cmd],
          [F_SETFL, takes(openFlags)],
          [F_GETLK, gives(flockHolder)],
          [F_SETLK, takes(flock)],
          [F_SETLKW, takes(flock)],
          [F_OFD_GETLK, gives(flockHolder)],
          [F_OFD_SETLK, takes(flock)],
          [F_OFD_SETLKW, takes(flock)],
          [F_SETOWN, takes(pid)],
          [F_GETOWN, cmd],
          [F_SETSIG, takes(signal)],
          [F_GETSIG, cmd],
          [F_SETOWN_EX, takes(owner)],
          [F_GETOWN_EX, gives(owner)],
          [F_SETLEASE, takes(oneOf64(F.lock_types))],
          [F_GETLEASE, cmd],
          [F_NOTIFY, takes(flags64(F.notify_flags))],
          [F_CREATED_QUERY, cmd],
          [F_SETPIPE_SZ, takes(ulong)],
          [F_GETPIPE_SZ, cmd],
          [F_ADD_SEALS, takes(flags64(F.seals))],
          [F_GET_SEALS, cmd],
          [F_GET_RW_HINT, gives(hint)],
          [F_SET_RW_HINT, takes(hint)],
          [F_GET_FILE_RW_HINT, gives(hint)],
          [F_SET_FILE_RW_HINT, takes(hint)],
        ],
      },
      retBy: {
        cases: [
          [F_DUPFD, "fd"],
          [F_DUPFD_CLOEXEC, "fd"],
          [F_GETFD, "hex"],
          [F_GETFL, "hex"],
          [F_GETLEASE, "hex"],
          [F_GET_SEALS, "hex"],
        ],
        by: "cmd",
      },
    },
  ),
  flock: call({ fd, operation: flags(F.flock_ops) }, { classes: "desc", wait: "lock" }),
  pipe: call({ pipefd: out(array(fd, 2)) }, desc),
  pipe2: call({ pipefd: out(array(fd, 2)), flags: flags(F.open_flags) }, desc),
  eventfd: call({ initval: uint }, opens),
  eventfd2: call({ initval: uint, flags: flags(F.eventfd_flags) }, opens),
  memfd_create: call(
    {
      name: cstring,
      flags: special("huge_flags", undefined, { set: F.memfd_flags, suffix: "MFD_HUGE_SHIFT" }),
    },
    opens,
  ),
  memfd_secret: call({ flags: flags(F.memfd_secret_flags) }, opens),
  inotify_init: call({}, opens),
  inotify_init1: call({ flags: flags(F.inotify_init_flags) }, opens),
  inotify_add_watch: call({ fd, pathname: path, mask: flags(F.inotify_events) }, { classes: "desc file" }),
  inotify_rm_watch: call({ fd, wd: int }, desc),
  fanotify_init: call({ flags: special("fanotify_flags"), event_f_flags: openFlags }, opens),
  fanotify_mark: call(
    {
      fanotify_fd: fd,
      flags: flags(F.fanotify_mark_flags),
      mask: flags64(F.fanotify_events),
      dirfd: special("fan_dirfd"),
      pathname: path,
    },
    { classes: "desc file" },
  ),
});
