/** What files and file systems are: stat(2), statx(2), statfs(2), getdents(2), file attributes. */
import * as F from "../../abi/flags.ts";
import {
  addr,
  buffer,
  call,
  dirfd,
  family,
  fd,
  flags,
  flags64,
  hex,
  oneOf64,
  out,
  path,
  ptr,
  size_t,
  special,
  struct,
  uint,
  ulong,
} from "../types/build.ts";
import type { Type } from "../types/types.ts";

const stat = out(special("stat", 144));
const at = flags(F.at_flags);

/** Kernels since 2.6.36 say with ST_VALID that there are flags. */
const validFlags = { f_flags: 0x20 };

/** struct statfs in one of its forms; the types are those of f_type and f_flags. */
export const statfsOf = (name: string, magic: Type, mountFlags: Type) =>
  ptr(
    struct(
      name,
      {
        f_type: magic,
        f_bsize: ulong,
        f_blocks: ulong,
        f_bfree: ulong,
        f_bavail: ulong,
        f_files: ulong,
        f_ffree: ulong,
        f_fsid: special("fsid"),
        f_namelen: ulong,
        f_frsize: ulong,
        f_flags: mountFlags,
      },
      undefined,
      validFlags,
    ),
  );
const statfs = out(statfsOf("statfs", oneOf64(F.fs_magics), flags64(F.statfs_flags)));

const fileAttr = ptr(
  struct("file_attr", {
    fa_xflags: flags(F.fs_xflags),
    fa_extsize: uint,
    fa_nextents: uint,
    fa_projid: uint,
    fa_cowextsize: uint,
  }),
);

export const stats = family({
  stat: call({ pathname: path, statbuf: stat }, { classes: "file stat stat_like" }),
  lstat: call({ pathname: path, statbuf: stat }, { classes: "file lstat stat_like" }),
  fstat: call({ fd, statbuf: stat }, { classes: "desc fstat stat_like" }),
  newfstatat: call(
    { dirfd, pathname: path, statbuf: stat, flags: at },
    { classes: "desc file fstat stat_like" },
  ),
  statx: call(
    {
      dirfd,
      pathname: path,
      flags: special("statx_flags"),
      mask: flags(F.statx_masks),
      statxbuf: out(special("statx", 256)),
    },
    { classes: "desc file fstat stat_like" },
  ),
  statfs: call({ path, buf: statfs }, { classes: "file statfs statfs_like" }),
  fstatfs: call({ fd, buf: statfs }, { classes: "desc fstatfs statfs_like" }),
  ustat: call(
    // glibc has no struct ustat any more, so that strace shows none
    { dev: special("mknod_dev"), ubuf: addr },
    { classes: "statfs_like" },
  ),
  getdents: call(
    { fd, dirp: out(special("dirents", 0, 32)), count: uint },
    { ret: "long", classes: "desc", wait: "disk" },
  ),
  getdents64: call(
    { fd, dirp: out(special("dirents", 0, 64)), count: uint },
    { ret: "long", classes: "desc", wait: "disk" },
  ),
  file_getattr: call(
    { dirfd, pathname: path, attr: out(fileAttr), usize: size_t, at_flags: at },
    { classes: "desc file" },
  ),
  file_setattr: call(
    { dirfd, pathname: path, attr: fileAttr, usize: size_t, at_flags: at },
    { classes: "desc file" },
  ),
  cachestat: call(
    {
      fd,
      cstat_range: ptr(struct("cachestat_range", { off: ulong, len: ulong })),
      cstat: out(
        ptr(
          struct("cachestat", {
            nr_cache: ulong,
            nr_dirty: ulong,
            nr_writeback: ulong,
            nr_evicted: ulong,
            nr_recently_evicted: ulong,
          }),
        ),
      ),
      flags: hex,
    },
    { classes: "desc" },
  ),
  sysfs: call({ option: hex, arg1: hex, arg2: hex }),
  lookup_dcookie: call({ cookie: ulong, buffer: out(buffer({ ret: true })), len: size_t }, { ret: "long" }),
});
