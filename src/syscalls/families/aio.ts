/** Asynchronous input and output: io_submit(2) and its kin, io_uring_setup(2), io_uring_enter(2). */
import * as F from "../../abi/flags.ts";
import {
  addr,
  array,
  call,
  family,
  fd,
  flags,
  hex,
  long,
  oneOf,
  out,
  ptr,
  special,
  struct,
  uint,
  ulong,
} from "../types/build.ts";
import type { Type } from "../types/types.ts";

const context = addr;
const timespec = ptr(struct("timespec", { tv_sec: long, tv_nsec: ulong }));
const event = struct("io_event", { data: hex, obj: hex, res: long, res2: long });
const events = out(array(event, { ret: true }));

const register = (arg: Type) => ({ fd, opcode: oneOf(F.uring_register_ops), arg, nr_args: uint });
const registerOut = (arg: Type) => ({ ...register(arg), arg: out(arg) });
const buffers = special("iovec_addresses", undefined, "nr_args");
const fds = array(fd, "nr_args");
const bufferRing = special("uring_buf_reg", 40);
const ringFds = array(special("ring_fd", 16, true), "nr_args");
const ringOffsets = array(special("ring_fd", 16, false), "nr_args");

/** Numbers of io_uring_register's operations, from linux/io_uring.h. */
const BUFFERS = 0;
const FILES = 2;
const EVENTFD = 4;
const FILES_UPDATE = 6;
const EVENTFD_ASYNC = 7;
const PROBE = 8;
const RESTRICTIONS = 11;
const IOWQ_AFF = 17;
const IOWQ_MAX_WORKERS = 19;
const RING_FDS = 20;
const UNREGISTER_RING_FDS = 21;
const PBUF_RING = 22;
const UNREGISTER_PBUF_RING = 23;

/** Calls that say how many operations they are about: in a long, which x32 has in 32 bits. */
export const counted = (count: Type) => ({
  io_submit: call({ ctx_id: context, nr: count, iocbpp: special("iocbs") }, { ret: "long", wait: "disk" }),
  io_getevents: call(
    { ctx_id: context, min_nr: count, nr: count, events, timeout: timespec },
    { ret: "long", wait: "disk" },
  ),
  io_pgetevents: call(
    {
      ctx_id: context,
      min_nr: count,
      nr: count,
      events,
      timeout: timespec,
      usig: special("aio_sigset", 16),
    },
    { ret: "long", wait: "disk" },
  ),
});

export const aios = family({
  io_setup: call({ nr_events: uint, ctx_idp: out(ptr(addr)) }, { classes: "memory" }),
  io_destroy: call({ ctx_id: context }, { classes: "memory" }),
  ...counted(long),
  io_cancel: call({ ctx_id: context, iocb: special("iocb", 64), result: out(ptr(event)) }),
  io_uring_setup: call(
    { entries: uint, p: { type: special("uring_params", 120), dir: "inout" } },
    { ret: "fd", classes: "desc" },
  ),
  io_uring_enter: call(
    {
      fd,
      to_submit: uint,
      min_complete: uint,
      flags: flags(F.uring_enter_flags),
      sig: special("uring_enter_arg", 24),
      sz: ulong,
    },
    { classes: "desc signal", wait: "disk" },
  ),
  io_uring_register: call(register(addr), {
    classes: "desc memory",
    variants: {
      by: "opcode",
      cases: [
        [BUFFERS, register(buffers)],
        [FILES, register(fds)],
        [EVENTFD, register(fds)],
        [EVENTFD_ASYNC, register(fds)],
        [FILES_UPDATE, register(special("uring_files_update", 16))],
        [PROBE, registerOut(special("uring_probe", 16))],
        [RESTRICTIONS, register(array(special("uring_restriction", 16), "nr_args"))],
        [IOWQ_AFF, register(special("uring_cpus"))],
        [IOWQ_MAX_WORKERS, { ...register(addr), arg: { type: special("uring_workers", 128), dir: "inout" } }],
        [RING_FDS, register(ringFds)],
        [UNREGISTER_RING_FDS, register(ringOffsets)],
        [PBUF_RING, register(bufferRing)],
        [UNREGISTER_PBUF_RING, register(bufferRing)],
      ],
    },
  }),
});
