/** Mounts: mount(2), umount2(2), fsopen(2), fsconfig(2), mount_setattr(2), statmount(2) … */
import * as F from "../../abi/flags.ts";
import {
  addr,
  array,
  call,
  cstring,
  dirfd,
  family,
  fd,
  flags,
  flags64,
  hex,
  int,
  oneOf,
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

const file = { classes: "file" } as const;
const both = { classes: "desc file" } as const;
const opens = { classes: "desc", ret: "fd" } as const;

const request = ptr(
  struct("mnt_id_req", { size: uint, spare: uint, mnt_id: hex, param: flags64(F.statmount_masks) }),
);
const listRequest = ptr(struct("mnt_id_req", { size: uint, spare: uint, mnt_id: hex, param: hex }));

const mountInfo = ptr(
  struct(
    "statmount",
    {
      size: uint,
      mnt_opts: uint,
      mask: flags64(F.statmount_masks),
      sb_dev_major: uint,
      sb_dev_minor: uint,
      sb_magic: oneOf(F.fs_magics),
      sb_flags: flags(F.mount_flags),
      fs_type: uint,
      mnt_id: hex,
      mnt_parent_id: hex,
      mnt_id_old: uint,
      mnt_parent_id_old: uint,
      mnt_attr: flags64(F.mount_attrs),
      mnt_propagation: flags64(F.mount_flags),
      mnt_peer_group: hex,
      mnt_master: hex,
      propagate_from: hex,
      mnt_root: uint,
      mnt_point: uint,
      mnt_ns_id: hex,
    },
    ["size", "mask"],
  ),
);

const config = (key: Type, value: Type, aux: Type) => ({
  fd,
  cmd: oneOf(F.fsconfig_cmds),
  key,
  value,
  aux,
});
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_SET_BINARY = 2;
const FSCONFIG_SET_PATH = 3;
const FSCONFIG_SET_PATH_EMPTY = 4;
const FSCONFIG_SET_FD = 5;

export const mounts = family({
  mount: call(
    {
      source: path,
      target: path,
      filesystemtype: special("mount_type", "string"),
      mountflags: special("mount_flags"),
      data: special("mount_data", "string"),
    },
    { ...file, wait: "disk" },
  ),
  umount2: call({ target: path, flags: flags(F.umount_flags) }, { ...file, wait: "disk" }),
  pivot_root: call({ new_root: path, put_old: path }, file),
  fsopen: call({ fsname: cstring, flags: flags(F.fsopen_flags) }, opens),
  fsconfig: call(config(addr, addr, int), {
    classes: "desc file",
    variants: {
      by: "cmd",
      cases: [
        [FSCONFIG_SET_FLAG, config(cstring, addr, int)],
        [FSCONFIG_SET_STRING, config(cstring, cstring, int)],
        [FSCONFIG_SET_BINARY, config(cstring, special("hex_buffer", undefined, "aux"), int)],
        [FSCONFIG_SET_PATH, config(cstring, path, dirfd)],
        [FSCONFIG_SET_PATH_EMPTY, config(cstring, path, dirfd)],
        [FSCONFIG_SET_FD, config(cstring, addr, fd)],
      ],
    },
  }),
  fsmount: call({ fsfd: fd, flags: flags(F.fsmount_flags), attr_flags: flags(F.mount_attrs) }, opens),
  fspick: call({ dirfd, path, flags: flags(F.fspick_flags) }, { ...both, ret: "fd" }),
  move_mount: call(
    {
      from_dirfd: dirfd,
      from_path: path,
      to_dirfd: dirfd,
      to_path: path,
      flags: flags(F.move_mount_flags),
    },
    both,
  ),
  open_tree: call({ dirfd, path, flags: flags(F.open_tree_flags) }, { ...both, ret: "fd" }),
  open_tree_attr: call(
    { dirfd, path, flags: flags(F.open_tree_flags), attr: special("mount_attr", 32), size: size_t },
    { ...both, ret: "fd" },
  ),
  mount_setattr: call(
    { dirfd, path, flags: flags(F.mount_setattr_flags), attr: special("mount_attr", 32), size: size_t },
    both,
  ),
  statmount: call({ req: request, buf: out(mountInfo), bufsize: size_t, flags: hex }),
  listmount: call(
    {
      req: listRequest,
      mnt_ids: out(array(hex, { ret: true })),
      nr_mnt_ids: ulong,
      flags: flags(F.listmount_flags),
    },
    { ret: "long" },
  ),
});
