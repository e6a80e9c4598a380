/** Calls as x32 makes them (arch/x86/entry/syscalls/syscall_64.tbl). */

import * as F from "../../abi/flags.ts";
import { x86_64 } from "../../abi/generated/syscalls.ts";
import { syscallName } from "../../abi/syscalls.ts";
import {
  addr,
  array,
  call,
  family,
  fd,
  flags,
  hex,
  int,
  iovec,
  off_t,
  out,
  pid,
  ptr,
  size_t,
  special,
  uint,
} from "../types/build.ts";
import type { Descriptor } from "../types/types.ts";
import { counted } from "./aio.ts";
import { all } from "./index.ts";

/** Of those with an argument that 64-bit kernels ignore, how many count. */
const counts: Readonly<Record<string, number>> = { preadv: 4, pwritev: 4 };

/** Calls of x86-64 that x32 has replaced and that can be made nevertheless: their arguments print as numbers. */
const replaced = x86_64.flatMap((name, nr): Descriptor[] => {
  const own = syscallName("x32", nr);
  const d = own === `${name}#64` ? all.find((a) => a.name === name) : undefined;
  if (!own || !d) return [];
  const args = d.args.slice(0, counts[name]).map((a) => ({ name: a.name, type: hex, dir: "in" as const }));
  return [{ name: own, args, ret: "long", classes: d.classes }];
});

const disk = { ret: "long", classes: "desc", wait: "disk" } as const;
const filled = out(iovec("iovcnt", { ret: true }));
const given = iovec("iovcnt");
const rwf = flags(F.rwf_flags);

export const x32: readonly Descriptor[] = [
  ...replaced,
  ...family({
    ...counted(int),
    preadv: call({ fd, iov: filled, iovcnt: uint, offset: off_t }, disk),
    pwritev: call({ fd, iov: given, iovcnt: uint, offset: off_t }, disk),
    preadv2: call({ fd, iov: filled, iovcnt: uint, offset: off_t, flags: rwf }, disk),
    pwritev2: call({ fd, iov: given, iovcnt: uint, offset: off_t, flags: rwf }, disk),
    sendfile: call(
      {
        out_fd: fd,
        in_fd: fd,
        offset: { type: special("moving_offset", 8, "unsigned"), dir: "inout" },
        count: size_t,
      },
      { ret: "long", classes: "desc network", wait: "network" },
    ),
    get_robust_list: call({ pid, head_ptr: out(ptr(addr)), len_ptr: out(array(special("uword", 4), 1)) }),
    ustat: call({ dev: special("mknod_dev"), ubuf: addr }, { classes: "statfs_like" }),
  }),
];
