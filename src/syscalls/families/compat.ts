/**
 * Calls as 32-bit x86 makes them: names that exist there only, and calls whose 64-bit arguments take two
 * registers (arch/x86/kernel/sys_ia32.c).
 */
import * as F from "../../abi/flags.ts";
import {
  addr,
  array,
  buffer,
  byArg,
  call,
  dirfd,
  family,
  fd,
  flags,
  flags64,
  gid,
  hex,
  iovec,
  oneOf,
  out,
  path,
  pid,
  ptr,
  returned,
  size_t,
  special,
  struct,
  uid,
  ulong,
  when,
} from "../types/build.ts";
import type { Type } from "../types/types.ts";
import { descriptors } from "./descriptor.ts";
import { legacy } from "./legacy.ts";
import { renamed } from "./renamed.ts";
import { statfsOf } from "./stat.ts";

/** 64 bits in two registers, the first of which is argument `index`. */
const pair = (index: number): Type => special("pair", undefined, { index });
const unsignedPair = (index: number): Type => special("pair", undefined, { index, unsigned: true });
/** The register that a pair has printed already. */
const upper = when("upper", 0, hex);

const loff = special("loff", 8);
const flockFields = {
  l_type: oneOf(F.lock_types),
  l_whence: oneOf(F.seek_whence),
  l_start: loff,
  l_len: loff,
};
const flock64 = ptr(struct("flock64", flockFields));
const flockHolder64 = ptr(struct("flock64", { ...flockFields, l_pid: pid }));
const file = { classes: "file" } as const;
const desc = { classes: "desc" } as const;
const disk = { ret: "long", classes: "desc", wait: "disk" } as const;
const stat64 = out(special("stat64", 96));
const at = flags(F.at_flags);
const mapFlags = special("huge_flags", undefined, {
  set: F.mmap_flags,
  base: F.mmap_types,
  baseMask: 0xf,
  suffix: "MAP_HUGE_SHIFT",
});
/** sizeof(struct statfs64), which is packed; the kernel takes a padded one too. */
const STATFS64 = 84;
const statfs64Fields = statfsOf("statfs64", oneOf(F.fs_magics), flags(F.statfs_flags));
const statfs64 = out(
  byArg(
    "size",
    [STATFS64, STATFS64 + 4].map((size) => [size, statfs64Fields] as const),
    addr,
  ),
);
const fcntl = descriptors.find((d) => d.name === "fcntl")!;
/** fcntl's commands for locks with 64-bit offsets: F_GETLK64 … F_SETLKW64, F_OFD_GETLK … F_OFD_SETLKW. */
const locks = new Map(fcntl.variants!.cases);
for (const first of [12, 36]) {
  const arg = (type: Type, dir: "in" | "out") => [...fcntl.args.slice(0, 2), { name: "arg", type, dir }];
  locks.set(first, arg(flockHolder64, "out"));
  locks.set(first + 1, arg(flock64, "in"));
  locks.set(first + 2, arg(flock64, "in"));
}
const owners = { owner: uid, group: gid };

export const compat = [
  ...legacy,
  ...renamed,
  ...family({
    stat64: call({ pathname: path, statbuf: stat64 }, { classes: "file stat stat_like" }),
    lstat64: call({ pathname: path, statbuf: stat64 }, { classes: "file lstat stat_like" }),
    fstat64: call({ fd, statbuf: stat64 }, { classes: "desc fstat stat_like" }),
    fstatat64: call(
      { dirfd, pathname: path, statbuf: stat64, flags: at },
      { classes: "desc file fstat stat_like" },
    ),
    ustat: call({ dev: special("mknod_dev"), ubuf: addr }, { classes: "statfs_like" }),
    statfs64: call({ path, size: size_t, buf: statfs64 }, { classes: "file statfs statfs_like" }),
    fstatfs64: call({ fd, size: size_t, buf: statfs64 }, { classes: "desc fstatfs statfs_like" }),
    mmap: call({ args: special("mmap_args", 24) }, { ret: "hex", classes: "desc memory" }),
    mmap2: call(
      {
        addr,
        length: size_t,
        prot: flags64(F.mmap_prot),
        flags: mapFlags,
        fd,
        offset: special("map_offset", undefined, 4096),
      },
      { ret: "hex", classes: "desc memory" },
    ),
    _llseek: call(
      {
        fd,
        offset_high: special("swapped_pair", undefined, 1),
        offset_low: when("fd", 0, hex),
        result: out(array(loff, 1)),
        whence: oneOf(F.seek_whence),
      },
      desc,
    ),
    truncate64: call({ path, length: unsignedPair(1), upper }, file),
    ftruncate64: call({ fd, length: unsignedPair(1), upper }, desc),
    pread64: call({ fd, buf: out(returned("count")), count: size_t, offset: pair(3), upper }, disk),
    pwrite64: call({ fd, buf: buffer("count"), count: size_t, offset: pair(3), upper }, disk),
    preadv: call(
      { fd, iov: out(iovec("iovcnt", { ret: true })), iovcnt: ulong, offset: pair(3), upper },
      disk,
    ),
    pwritev: call({ fd, iov: iovec("iovcnt"), iovcnt: ulong, offset: pair(3), upper }, disk),
    preadv2: call(
      {
        fd,
        iov: out(iovec("iovcnt", { ret: true })),
        iovcnt: ulong,
        offset: pair(3),
        upper,
        flags: flags(F.rwf_flags),
      },
      disk,
    ),
    pwritev2: call(
      { fd, iov: iovec("iovcnt"), iovcnt: ulong, offset: pair(3), upper, flags: flags(F.rwf_flags) },
      disk,
    ),
    lookup_dcookie: call(
      {
        cookie: unsignedPair(0),
        upper: when("cookie", 0, hex),
        buffer: out(buffer({ ret: true })),
        len: size_t,
      },
      { ret: "long" },
    ),
    readahead: call({ fd, offset: pair(1), upper, count: size_t }, desc),
    fadvise64: call({ fd, offset: pair(1), upper, size: size_t, advice: oneOf(F.fadvise_advices) }, desc),
    fadvise64_64: call(
      { fd, offset: pair(1), upper, size: pair(3), upper2: upper, advice: oneOf(F.fadvise_advices) },
      desc,
    ),
    fallocate: call(
      { fd, mode: flags(F.falloc_flags), offset: pair(2), upper, size: pair(4), upper2: upper },
      { classes: "desc", wait: "disk" },
    ),
    sync_file_range: call(
      {
        fd,
        offset: pair(1),
        upper,
        nbytes: pair(3),
        upper2: upper,
        flags: flags(F.sync_file_range_flags),
      },
      { classes: "desc", wait: "disk" },
    ),
    sendfile64: call(
      {
        out_fd: fd,
        in_fd: fd,
        offset: { type: special("moving_offset", 8, "unsigned"), dir: "inout" },
        count: size_t,
      },
      { ret: "long", classes: "desc network", wait: "network" },
    ),
    sendfile: call(
      {
        out_fd: fd,
        in_fd: fd,
        offset: { type: special("moving_offset", 8, "long"), dir: "inout" },
        count: size_t,
      },
      { ret: "long", classes: "desc network", wait: "network" },
    ),
    chown32: call({ pathname: path, ...owners }, file),
    lchown32: call({ pathname: path, ...owners }, file),
    fchown32: call({ fd, ...owners }, desc),
    utimensat_time64: call(
      { dirfd, pathname: path, times: special("utimensat_times64", 32), flags: at },
      { classes: "desc file" },
    ),
    umount: call({ target: path }, file),
  }),
  { ...fcntl, name: "fcntl64", variants: { by: "cmd", cases: locks } },
];
