/** ioctl(2), and calls that configure the kernel: bpf, perf, modules, keys, security. */
import * as F from "../../abi/flags.ts";
import {
  addr,
  buffer,
  byArg,
  call,
  cstring,
  family,
  fd,
  flags,
  flags64,
  hex,
  hex32,
  int,
  oneOf,
  pid,
  size_t,
  special,
  uint,
  ulong,
} from "../types/build.ts";

export const kernels = family({
  ioctl: call({ fd, op: hex32, arg: hex }, { ret: "int", classes: "desc", special: "ioctl" }),
  bpf: call({ cmd: oneOf(F.bpf_commands), attr: addr, size: uint }, { classes: "desc" }),
  perf_event_open: call(
    { attr: addr, pid, cpu: int, group_fd: fd, flags: flags64(F.perf_flags) },
    { ret: "fd", classes: "desc" },
  ),
  seccomp: call({
    operation: oneOf(F.seccomp_ops),
    flags: flags(F.seccomp_flags),
    args: byArg("operation", [[1, special("seccomp_filter", 16)]], addr),
  }),
  init_module: call({ module_image: buffer("len"), len: ulong, param_values: cstring }),
  finit_module: call({ fd, param_values: cstring, flags: flags(F.module_init_flags) }, { classes: "desc" }),
  delete_module: call({ name: cstring, flags: flags(F.delete_module_flags) }),
  add_key: call({
    type: cstring,
    description: cstring,
    payload: buffer("plen"),
    plen: size_t,
    keyring: special("key_id"),
  }),
  request_key: call({
    type: cstring,
    description: cstring,
    callout_info: cstring,
    dest_keyring: special("key_id"),
  }),
  keyctl: call({ operation: int, arg2: hex, arg3: hex, arg4: hex, arg5: hex }),
  kcmp: call({ pid1: pid, pid2: pid, type: int, idx1: ulong, idx2: ulong }),
  kexec_load: call({ entry: addr, nr_segments: ulong, segments: addr, flags: hex }),
  kexec_file_load: call(
    { kernel_fd: fd, initrd_fd: fd, cmdline_len: ulong, cmdline: cstring, flags: hex },
    { classes: "desc" },
  ),
  landlock_create_ruleset: call({ attr: addr, size: size_t, flags: hex32 }, { ret: "fd", classes: "desc" }),
  landlock_add_rule: call(
    { ruleset_fd: fd, rule_type: int, rule_attr: addr, flags: hex32 },
    { classes: "desc" },
  ),
  landlock_restrict_self: call({ ruleset_fd: fd, flags: hex32 }, { classes: "desc" }),
  lsm_get_self_attr: call({ attr: uint, ctx: addr, size: addr, flags: hex32 }),
  lsm_set_self_attr: call({ attr: uint, ctx: addr, size: uint, flags: hex32 }),
  lsm_list_modules: call({ ids: addr, size: addr, flags: hex32 }),
});
