/** Commands of files and file systems (ioctl_ficlone(2) and its neighbours), inotify, namespaces. */
import * as F from "../../../abi/flags.ts";
import { flags, int, special } from "../../../syscalls/types/build.ts";
import { both, type Command, each, none, reads, record, value, writes } from "./command.ts";
import { dedupe } from "./vectors.ts";

const fiemap = { flags: flags(F.fiemap_flags) };
const xattr = { xflags: flags(F.inode_xflags) };

export const files: Readonly<Record<string, Command>> = {
  ...each("FIFREEZE FITHAW", none),
  // a descriptor, which strace does not show the path of
  FICLONE: value(int),
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
};
