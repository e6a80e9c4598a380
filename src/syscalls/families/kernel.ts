/** ioctl(2), and calls that configure the kernel: bpf, perf, modules, keys, security. */
import * as F from "../../abi/flags.ts";
import {
  type Args,
  addr,
  array,
  buffer,
  byArg,
  call,
  cstring,
  family,
  fd,
  fdOf,
  flags,
  flags64,
  gid,
  hex,
  hex32,
  inout,
  int,
  iovec,
  oneOf,
  out,
  pid,
  ptr,
  returned,
  size_t,
  special,
  struct,
  uid,
  uint,
  ulong,
  ushort,
} from "../types/build.ts";

const beneath = struct("landlock_path_beneath_attr", {
  allowed_access: flags64(F.landlock_fs_access),
  parent_fd: fd,
});
const compared = { pid1: pid, pid2: pid, type: oneOf(F.kcmp_types) };

const key = special("key_id");
const operation = oneOf(F.keyctl_commands);
const room = { buffer: out(returned("length")), length: ulong };
const text = { buffer: out(special("key_text")), length: ulong };
const pkey = {
  operation,
  params: special("pkey_params", 40, "out_len"),
  info: cstring,
  in: special("pkey_data", 64, false),
  out: out(special("pkey_data", 64, true)),
};
const link = { operation, key, keyring: key };
/** Arguments by command, in the order of linux/keyctl.h. */
const keyCommands: readonly (readonly [number, Args])[] = [
  [0, { operation, id: key, create: int }],
  [1, { operation, name: cstring }],
  [2, { operation, key, payload: buffer("plen"), plen: ulong }],
  [3, { operation, key }],
  [4, { operation, key, uid, gid }],
  [5, { operation, key, perm: flags(F.key_permissions) }],
  [6, { operation, key, ...text }],
  [7, { operation, key }],
  [8, link],
  [9, link],
  [10, { operation, keyring: key, type: cstring, description: cstring, destination: key }],
  [11, { operation, key, ...room }],
  [12, { operation, key, payload: buffer("plen"), plen: ulong, keyring: key }],
  [13, { operation, key, timeout: uint, keyring: key }],
  [14, { operation, default: special("default_keyring") }],
  [15, { operation, key, timeout: uint }],
  [16, { operation, key }],
  [17, { operation, key, ...text }],
  [18, { operation }],
  [19, { operation, key, timeout: uint, error: special("plain_errno"), keyring: key }],
  [20, { operation, key, payload: iovec("count"), count: ulong, keyring: key }],
  [21, { operation, key }],
  [22, { operation, uid, keyring: key }],
  [
    23,
    {
      operation,
      params: special("dh_params", 12),
      ...room,
      kdf: special("kdf_params", 56),
    },
  ],
  [24, { operation, key, reserved: hex, info: cstring, result: out(special("pkey_query", 56)) }],
  [25, pkey],
  [26, pkey],
  [27, pkey],
  [
    28,
    {
      operation,
      params: special("pkey_params", 40, "in2_len"),
      info: cstring,
      in: special("pkey_data", 64, false),
      in2: special("pkey_data", 64, true),
    },
  ],
  [29, { operation, keyring: key, type: cstring, restriction: cstring }],
  [30, { operation, key, from: key, to: key, flags: flags(F.key_move_flags) }],
  [31, { operation, buffer: out(special("key_abilities")), length: ulong }],
];
const keyctl = call(
  { operation, arg2: hex, arg3: hex, arg4: hex, arg5: hex },
  { variants: { by: "operation", cases: keyCommands } },
);

/** bpf(2)'s commands by which the kernel says something in the attributes, too. */
const answered = [11, 12, 15, 16, 20, 23, 24, 25, 26, 27, 31];
const cmd = oneOf(F.bpf_commands);
const attributes = special("bpf_attr", 512);
/** KEXEC_SEGMENT_MAX of linux/kexec.h. */
const SEGMENTS = 16;
const segment = struct("kexec_segment", { buf: addr, bufsz: ulong, mem: addr, memsz: ulong });
const notifSizes = ptr(
  struct("seccomp_notif_sizes", { seccomp_notif: ushort, seccomp_notif_resp: ushort, seccomp_data: ushort }),
);

export const kernels = family({
  ioctl: call(
    { fd, op: hex32, arg: hex },
    { ret: "int", classes: "desc", special: "ioctl", aux: "ioctl_result" },
  ),
  bpf: call(
    { cmd, attr: attributes, size: uint },
    {
      classes: "desc",
      variants: {
        by: "cmd",
        cases: answered.map((n) => [n, { cmd, attr: inout(attributes), size: uint }] as const),
      },
      retBy: {
        by: "cmd",
        cases: [0, 5, 6, 7, 13, 14, 18, 19, 28, 30, 32, 33, 35].map((n) => [n, "fd"] as const),
      },
    },
  ),
  perf_event_open: call(
    {
      attr: inout(special("perf_event_attr", 128)),
      pid: int,
      cpu: int,
      group_fd: fd,
      flags: flags64(F.perf_flags),
    },
    { ret: "fd", classes: "desc" },
  ),
  seccomp: call(
    {
      operation: oneOf(F.seccomp_ops),
      flags: byArg("operation", [[1, flags(F.seccomp_filter_flags)]], hex32),
      args: byArg("operation", [[1, special("seccomp_filter", 16)]], addr),
    },
    {
      variants: {
        by: "operation",
        cases: [
          [0, { operation: oneOf(F.seccomp_ops), flags: hex32, args: addr }],
          [
            1,
            {
              operation: oneOf(F.seccomp_ops),
              flags: flags(F.seccomp_filter_flags),
              args: special("seccomp_filter", 16),
            },
          ],
          [2, { operation: oneOf(F.seccomp_ops), flags: hex32, args: ptr(oneOf(F.seccomp_actions)) }],
          [3, { operation: oneOf(F.seccomp_ops), flags: hex32, args: out(notifSizes) }],
        ],
      },
    },
  ),
  init_module: call({ module_image: addr, len: ulong, param_values: cstring }),
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
  keyctl,
  kcmp: call(
    { ...compared, idx1: hex, idx2: hex },
    {
      variants: {
        by: "type",
        cases: [
          [0, { ...compared, idx1: fdOf({ pid: "pid1" }), idx2: fdOf({ pid: "pid2" }) }],
          ...[1, 2, 3, 4, 5, 6].map((type) => [type, compared] as const),
          [
            7,
            {
              ...compared,
              idx1: fdOf({ pid: "pid1" }),
              idx2: ptr(
                struct("kcmp_epoll_slot", {
                  efd: fdOf({ pid: "pid2" }),
                  tfd: fdOf({ pid: "pid2" }),
                  toff: uint,
                }),
              ),
            },
          ],
        ],
      },
    },
  ),
  kexec_load: call({
    entry: addr,
    nr_segments: ulong,
    segments: array(segment, "nr_segments", { most: SEGMENTS, beyond: "address" }),
    flags: special("kexec_flags"),
  }),
  kexec_file_load: call(
    {
      kernel_fd: fd,
      initrd_fd: fd,
      cmdline_len: ulong,
      cmdline: buffer("cmdline_len"),
      flags: flags64(F.kexec_file_flags),
    },
    { classes: "desc" },
  ),
  landlock_create_ruleset: call(
    { attr: special("landlock_ruleset", 8), size: size_t, flags: flags(F.landlock_ruleset_flags) },
    // with LANDLOCK_CREATE_RULESET_VERSION it is a version that is returned
    { ret: "fd", classes: "desc", retBy: { by: "flags", cases: [[1, "int"]] } },
  ),
  landlock_add_rule: call(
    {
      ruleset_fd: fd,
      rule_type: oneOf(F.landlock_rules),
      rule_attr: byArg("rule_type", [[1, ptr(beneath)]], addr),
      flags: hex32,
    },
    { classes: "desc" },
  ),
  landlock_restrict_self: call({ ruleset_fd: fd, flags: hex32 }, { classes: "desc" }),
  lsm_get_self_attr: call({ attr: uint, ctx: addr, size: addr, flags: hex32 }),
  lsm_set_self_attr: call({ attr: uint, ctx: addr, size: uint, flags: hex32 }),
  lsm_list_modules: call({ ids: addr, size: addr, flags: hex32 }),
});
