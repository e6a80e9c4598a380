/** Commands of files and file systems (ioctl_ficlone(2) and its neighbours), btrfs, inotify, namespaces. */
import * as F from "../../../abi/flags.ts";
import { fd, flags, flags64, int, oneOf, oneOf64, special } from "../../../syscalls/types/build.ts";
import { both, boxed, type Command, each, none, reads, record, value, writes } from "./command.ts";
import { dedupe } from "./vectors.ts";

const u64 = boxed(special("u64"));
const fiemap = { flags: flags(F.fiemap_flags) };
const xattr = { xflags: flags(F.inode_xflags) };
const volume = record("btrfs_ioctl_vol_args", "fd:fd name:path_text", {
  path_text: special("text", undefined, 4088),
});

export const files: Readonly<Record<string, Command>> = {
  ...each("FIFREEZE FITHAW", none),
  FICLONE: value(fd),
  FICLONERANGE: reads(record("file_clone_range", "src_fd:fd src_offset src_length dest_offset")),
  FIDEDUPERANGE: dedupe,
  FITRIM: reads(record("fstrim_range", "start:hex len minlen")),
  ...each("FS_IOC_GETFLAGS FS_IOC32_GETFLAGS", writes(flags(F.inode_flags))),
  ...each("FS_IOC_SETFLAGS FS_IOC32_SETFLAGS", reads(flags(F.inode_flags))),
  FS_IOC_FSGETXATTR: writes(
    record("fsxattr", "fsx_xflags:xflags fsx_extsize fsx_nextents fsx_projid:hex fsx_cowextsize", xattr),
  ),
  FS_IOC_FSSETXATTR: reads(
    record("fsxattr", "fsx_xflags:xflags fsx_extsize fsx_projid:hex fsx_cowextsize", xattr),
  ),
  FS_IOC_FIEMAP: both(
    record("fiemap", "fm_start fm_length fm_flags:flags fm_extent_count", fiemap),
    special("fiemap_after", 32),
  ),
  FS_IOC_GETFSLABEL: writes(special("text", undefined, 256)),
  FS_IOC_SETFSLABEL: reads(special("text", undefined, 256)),
  INOTIFY_IOC_SETNEXTWD: value(int),
  ...each("NS_GET_USERNS NS_GET_PARENT NS_GET_NSTYPE", none),
  NS_GET_OWNER_UID: writes({ kind: "uid" }),

  ...each(
    "BTRFS_IOC_TRANS_START BTRFS_IOC_TRANS_END BTRFS_IOC_SYNC BTRFS_IOC_SCRUB_CANCEL BTRFS_IOC_QUOTA_RESCAN_WAIT BTRFS_IOC_DEFRAG BTRFS_IOC_BALANCE",
    none,
  ),
  ...each(
    "BTRFS_IOC_SNAP_CREATE BTRFS_IOC_RESIZE BTRFS_IOC_SCAN_DEV BTRFS_IOC_FORGET_DEV BTRFS_IOC_ADD_DEV BTRFS_IOC_RM_DEV BTRFS_IOC_SUBVOL_CREATE BTRFS_IOC_SNAP_DESTROY BTRFS_IOC_DEVICES_READY",
    reads(volume),
  ),
  ...each("BTRFS_IOC_DEFAULT_SUBVOL BTRFS_IOC_WAIT_SYNC", reads(u64)),
  BTRFS_IOC_START_SYNC: writes(u64),
  BTRFS_IOC_SUBVOL_GETFLAGS: { kind: "out", type: special("bare_flags", 8, F.btrfs_subvolume_flags) },
  BTRFS_IOC_SUBVOL_SETFLAGS: { kind: "in", type: special("bare_flags", 8, F.btrfs_subvolume_flags) },
  BTRFS_IOC_BALANCE_CTL: value(oneOf(F.btrfs_balance_ctl)),
  BTRFS_IOC_DEFRAG_RANGE: reads(
    record("btrfs_ioctl_defrag_range_args", "start len flags:flags extent_thresh compress_type:compress", {
      flags: flags64(F.btrfs_defrag_flags),
      compress: oneOf(F.btrfs_compressions),
    }),
  ),
  BTRFS_IOC_QUOTA_CTL: reads(
    record("btrfs_ioctl_quota_ctl_args", "cmd:cmd", { cmd: oneOf64(F.btrfs_quota_ctl) }),
  ),
  BTRFS_IOC_QGROUP_CREATE: reads(record("btrfs_ioctl_qgroup_create_args", "create qgroupid")),
  BTRFS_IOC_QGROUP_ASSIGN: reads(record("btrfs_ioctl_qgroup_assign_args", "assign src dst")),
  BTRFS_IOC_QUOTA_RESCAN: reads(record("btrfs_ioctl_quota_rescan_args", "flags")),
  BTRFS_IOC_QUOTA_RESCAN_STATUS: writes(record("btrfs_ioctl_quota_rescan_args", "flags progress")),
};
