/** Address spaces: mmap(2), brk(2), madvise(2), mlock(2), NUMA policy, process_vm_readv(2) … */
import * as F from "../../abi/flags.ts";
import {
  addr,
  array,
  call,
  family,
  fd,
  flags,
  flags64,
  hex,
  hex32,
  int,
  iovec,
  oneOf,
  out,
  pid,
  size_t,
  special,
  ulong,
  when,
} from "../types/build.ts";

const prot = flags64(F.mmap_prot);
const mapFlags = special("huge_flags", undefined, {
  set: F.mmap_flags,
  base: F.mmap_types,
  baseMask: 0xf,
  suffix: "MAP_HUGE_SHIFT",
});
const memory = { classes: "memory" } as const;
const nodes = special("node_mask", undefined, "maxnode");
const mempolicy = (wide: boolean) => special("mempolicy", undefined, wide);

export const memories = family({
  mmap: call(
    { addr, length: size_t, prot, flags: mapFlags, fd, offset: special("map_offset") },
    { ret: "hex", classes: "desc memory" },
  ),
  munmap: call({ addr, length: size_t }, memory),
  mremap: call(
    {
      old_address: addr,
      old_size: size_t,
      new_size: size_t,
      flags: flags64(F.mremap_flags),
      new_address: when("flags", 3, addr, [3]),
    },
    { ret: "hex", classes: "memory" },
  ),
  mprotect: call({ addr, len: size_t, prot }, memory),
  pkey_mprotect: call({ addr, len: size_t, prot, pkey: int }, memory),
  pkey_alloc: call({ flags: hex, access_rights: flags64(F.pkey_rights) }),
  pkey_free: call({ pkey: int }),
  brk: call({ addr }, { ret: "hex", classes: "memory" }),
  madvise: call({ addr, length: size_t, advice: oneOf(F.madvise_advices) }, memory),
  process_madvise: call(
    {
      pidfd: fd,
      iovec: special("iovec_addresses", undefined, "vlen"),
      vlen: size_t,
      advice: oneOf(F.madvise_advices),
      flags: hex32,
    },
    { ret: "long", classes: "desc" },
  ),
  msync: call({ addr, length: size_t, flags: flags(F.msync_flags) }, { ...memory, wait: "disk" }),
  mincore: call({ addr, length: size_t, vec: out(special("mincore_vector")) }, memory),
  mlock: call({ addr, len: size_t }, { ...memory, wait: "memory" }),
  mlock2: call({ addr, len: size_t, flags: flags(F.mlock_flags) }, { ...memory, wait: "memory" }),
  munlock: call({ addr, len: size_t }, memory),
  mlockall: call({ flags: flags(F.mlockall_flags) }, { ...memory, wait: "memory" }),
  munlockall: call({}, memory),
  remap_file_pages: call({ addr, size: size_t, prot, pgoff: ulong, flags: mapFlags }, memory),
  mbind: call(
    {
      addr,
      len: ulong,
      mode: mempolicy(true),
      nodemask: nodes,
      maxnode: ulong,
      flags: flags({ ...F.mbind_flags, fallback: "MPOL_???" }),
    },
    memory,
  ),
  set_mempolicy: call({ mode: mempolicy(false), nodemask: nodes, maxnode: ulong }, memory),
  get_mempolicy: call(
    {
      mode: out(special("mempolicy_out", 4)),
      nodemask: out(nodes),
      maxnode: ulong,
      addr,
      flags: flags64(F.get_mempolicy_flags),
    },
    memory,
  ),
  set_mempolicy_home_node: call({ start: addr, len: ulong, home_node: ulong, flags: hex }, memory),
  migrate_pages: call(
    {
      pid,
      maxnode: ulong,
      old_nodes: nodes,
      new_nodes: nodes,
    },
    { ret: "long", classes: "memory" },
  ),
  move_pages: call(
    {
      pid,
      count: ulong,
      pages: array(addr, "count"),
      nodes: array(int, "count"),
      status: out(array(special("page_status"), "count")),
      flags: flags({ ...F.move_pages_flags, fallback: "MPOL_???" }),
    },
    { ret: "long", classes: "memory" },
  ),
  userfaultfd: call({ flags: flags(F.userfaultfd_flags) }, { ret: "fd", classes: "desc" }),
  mseal: call({ addr, len: size_t, flags: hex }, memory),
  map_shadow_stack: call(
    { addr, size: ulong, flags: flags(F.shadow_stack_flags) },
    { ret: "hex", classes: "memory" },
  ),
  process_vm_readv: call(
    {
      pid,
      local_iov: out(iovec("liovcnt", { ret: true })),
      liovcnt: ulong,
      remote_iov: special("iovec_addresses", undefined, "riovcnt"),
      riovcnt: ulong,
      flags: ulong,
    },
    { ret: "long" },
  ),
  process_vm_writev: call(
    {
      pid,
      local_iov: iovec("liovcnt"),
      liovcnt: ulong,
      remote_iov: special("iovec_addresses", undefined, "riovcnt"),
      riovcnt: ulong,
      flags: ulong,
    },
    { ret: "long" },
  ),
  process_mrelease: call({ pidfd: fd, flags: hex32 }, { classes: "desc" }),
  membarrier: call(
    {
      cmd: oneOf(F.membarrier_cmds),
      flags: flags(F.membarrier_flags),
      cpu_id: when("flags", 1, int),
    },
    { aux: "membarrier_commands", retBy: { by: "cmd", cases: [[0, "hex"]] } },
  ),
});
