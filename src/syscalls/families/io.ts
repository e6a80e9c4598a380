/** Reading and writing: read(2), write(2), pread(2), readv(2), lseek(2), close(2) and their kin. */
import * as flags from "../../abi/flags.ts";
import {
  buffer,
  call,
  family,
  fd,
  iovec,
  off_t,
  oneOf,
  out,
  returned,
  size_t,
  ulong,
} from "../types/build.ts";

export const io = family({
  read: call({ fd, buf: out(returned()), count: size_t }, { ret: "long", classes: "desc", wait: "ipc" }),
  write: call({ fd, buf: buffer("count"), count: size_t }, { ret: "long", classes: "desc", wait: "ipc" }),
  close: call({ fd }, { classes: "desc" }),
  lseek: call({ fd, offset: off_t, whence: oneOf(flags.seek_whence) }, { ret: "long", classes: "desc" }),
  pread64: call(
    { fd, buf: out(returned()), count: size_t, offset: off_t },
    { ret: "long", classes: "desc", wait: "disk" },
  ),
  pwrite64: call(
    { fd, buf: buffer("count"), count: size_t, offset: off_t },
    { ret: "long", classes: "desc", wait: "disk" },
  ),
  readv: call(
    { fd, iov: out(iovec("iovcnt", { ret: true })), iovcnt: ulong },
    { ret: "long", classes: "desc", wait: "ipc" },
  ),
  writev: call({ fd, iov: iovec("iovcnt"), iovcnt: ulong }, { ret: "long", classes: "desc", wait: "ipc" }),
});
