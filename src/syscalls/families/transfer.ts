/** Moving and flushing data: preadv(2), sendfile(2), splice(2), copy_file_range(2), truncate(2), fsync(2) … */
import * as F from "../../abi/flags.ts";
import {
  call,
  family,
  fd,
  flags,
  hex,
  iovec,
  long,
  off_t,
  oneOf,
  out,
  path,
  ptr,
  size_t,
  special,
  uint,
  ulong,
  when,
} from "../types/build.ts";

const disk = { ret: "long", classes: "desc", wait: "disk" } as const;
const pipes = { ret: "long", classes: "desc", wait: "ipc" } as const;
const flush = { classes: "desc", wait: "disk" } as const;
/** The upper half of a 64-bit offset that these calls take separately; 64-bit kernels ignore it. */
const upper = when("fd", 0, hex);
const offset = ptr(long);
const spliceFlags = flags(F.splice_flags);
const rwf = flags(F.rwf_flags);
const filled = out(iovec("iovcnt", { ret: true }));

export const transfers = family({
  preadv: call({ fd, iov: filled, iovcnt: ulong, offset: off_t }, disk),
  pwritev: call({ fd, iov: iovec("iovcnt"), iovcnt: ulong, offset: off_t }, disk),
  preadv2: call({ fd, iov: filled, iovcnt: ulong, offset: off_t, pos_h: upper, flags: rwf }, disk),
  pwritev2: call({ fd, iov: iovec("iovcnt"), iovcnt: ulong, offset: off_t, pos_h: upper, flags: rwf }, disk),
  sendfile: call(
    {
      out_fd: fd,
      in_fd: fd,
      offset: { type: special("moving_offset", 8, "unsigned"), dir: "inout" },
      count: size_t,
    },
    { ret: "long", classes: "desc network", wait: "network" },
  ),
  splice: call(
    { fd_in: fd, off_in: offset, fd_out: fd, off_out: offset, len: size_t, flags: spliceFlags },
    pipes,
  ),
  tee: call({ fd_in: fd, fd_out: fd, len: size_t, flags: spliceFlags }, pipes),
  vmsplice: call({ fd, iov: iovec("nr_segs"), nr_segs: ulong, flags: spliceFlags }, pipes),
  copy_file_range: call(
    { fd_in: fd, off_in: offset, fd_out: fd, off_out: offset, size: size_t, flags: uint },
    disk,
  ),
  readahead: call({ fd, offset: off_t, count: size_t }, { classes: "desc", wait: "disk" }),
  fadvise64: call({ fd, offset: off_t, size: size_t, advice: oneOf(F.fadvise_advices) }, { classes: "desc" }),
  truncate: call({ path, length: ulong }, { classes: "file", wait: "disk" }),
  ftruncate: call({ fd, length: ulong }, flush),
  fallocate: call({ fd, mode: flags(F.falloc_flags), offset: off_t, size: off_t }, flush),
  sync: call({}, { wait: "disk" }),
  syncfs: call({ fd }, flush),
  fsync: call({ fd }, flush),
  fdatasync: call({ fd }, flush),
  sync_file_range: call({ fd, offset: off_t, nbytes: off_t, flags: flags(F.sync_file_range_flags) }, flush),
});
