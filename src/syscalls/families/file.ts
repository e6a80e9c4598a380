/** Opening files and working with names: open(2), access(2), rename(2), link(2), mkdir(2), chmod(2), chown(2) … */
import * as F from "../../abi/flags.ts";
import {
  call,
  dirfd,
  family,
  fd,
  flags,
  gid,
  out,
  path,
  returned,
  size_t,
  special,
  uid,
  uint,
  ulong,
  umode,
  when,
} from "../types/build.ts";

export const openFlags = flags(F.open_flags, F.open_modes);
/** O_CREAT and __O_TMPFILE: the flags that make the kernel look at the mode. */
const newMode = when("flags", 0o100 | 0o20000000, umode);
const at = flags(F.at_flags);
const file = { classes: "file" } as const;
const both = { classes: "desc file" } as const;
const opens = { ret: "fd", classes: "desc file", wait: "disk" } as const;
/** Only character and block devices have a number. */
const device = when("mode", 0o170000, special("mknod_dev"), [0o020000, 0o060000]);

export const files = family({
  open: call({ pathname: path, flags: openFlags, mode: newMode }, opens),
  openat: call({ dirfd, pathname: path, flags: openFlags, mode: newMode }, opens),
  openat2: call({ dirfd, pathname: path, how: special("open_how", 24), size: size_t }, opens),
  creat: call({ pathname: path, mode: umode }, opens),
  access: call({ pathname: path, mode: flags(F.access_modes) }, file),
  faccessat: call({ dirfd, pathname: path, mode: flags(F.access_modes) }, both),
  faccessat2: call(
    { dirfd, pathname: path, mode: flags(F.access_modes), flags: flags(F.faccessat_flags) },
    both,
  ),
  readlink: call({ pathname: path, buf: out(returned()), bufsiz: size_t }, { ...file, ret: "long" }),
  readlinkat: call({ dirfd, pathname: path, buf: out(returned()), bufsiz: size_t }, { ...both, ret: "long" }),
  rename: call({ oldpath: path, newpath: path }, file),
  renameat: call({ olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path }, both),
  renameat2: call(
    { olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path, flags: flags(F.rename_flags) },
    both,
  ),
  link: call({ oldpath: path, newpath: path }, file),
  linkat: call({ olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path, flags: at }, both),
  symlink: call({ target: path, linkpath: path }, file),
  symlinkat: call({ target: path, newdirfd: dirfd, linkpath: path }, both),
  unlink: call({ pathname: path }, file),
  unlinkat: call({ dirfd, pathname: path, flags: at }, both),
  mkdir: call({ pathname: path, mode: umode }, file),
  mkdirat: call({ dirfd, pathname: path, mode: umode }, both),
  rmdir: call({ pathname: path }, file),
  mknod: call({ pathname: path, mode: special("mknod_mode"), dev: device }, file),
  mknodat: call({ dirfd, pathname: path, mode: special("mknod_mode"), dev: device }, both),
  chdir: call({ path }, file),
  fchdir: call({ fd }, { classes: "desc" }),
  chroot: call({ path }, file),
  getcwd: call({ buf: out(special("cwd", "string")), size: ulong }, { ...file, ret: "long" }),
  chmod: call({ pathname: path, mode: umode }, file),
  fchmod: call({ fd, mode: umode }, { classes: "desc" }),
  fchmodat: call({ dirfd, pathname: path, mode: umode }, both),
  fchmodat2: call({ dirfd, pathname: path, mode: umode, flags: flags(F.fchmodat_flags) }, both),
  chown: call({ pathname: path, owner: uid, group: gid }, file),
  lchown: call({ pathname: path, owner: uid, group: gid }, file),
  fchown: call({ fd, owner: uid, group: gid }, { classes: "desc" }),
  fchownat: call({ dirfd, pathname: path, owner: uid, group: gid, flags: at }, both),
  umask: call({ mask: umode }, { ret: "octal" }),
  utime: call({ filename: path, times: special("utimbuf", 16) }, file),
  utimes: call({ filename: path, times: special("timevals", 32) }, file),
  futimesat: call({ dirfd, pathname: path, times: special("timevals", 32) }, both),
  utimensat: call({ dirfd, pathname: path, times: special("utimensat_times", 32), flags: at }, both),
  name_to_handle_at: call(
    {
      dirfd,
      pathname: path,
      handle: { type: special("file_handle", 136, "inout"), dir: "inout" },
      mount_id: out(special("mount_id", 8)),
      flags: flags(F.handle_flags),
    },
    both,
  ),
  open_by_handle_at: call(
    { mount_fd: fd, handle: special("file_handle", 136), flags: openFlags },
    { classes: "desc", wait: "disk" },
  ),
  swapon: call({ path, swapflags: special("swap_flags") }, file),
  swapoff: call({ path }, file),
  quotactl: call(
    { op: special("quota_cmd"), special: path, id: uint, addr: special("quota_addr") },
    { ...file, special: "quotactl" },
  ),
  quotactl_fd: call(
    { fd, op: special("quota_cmd"), id: uint, addr: special("quota_addr") },
    { classes: "desc", special: "quotactl_fd" },
  ),
});
