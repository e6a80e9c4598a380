/** Flag sets of calls on files, descriptors, mounts and memory. Order is the order in which names print. */
const words = (text) => text.trim().split(/\s+/);
const set = (fallback, headers, names, extra) => ({ headers, names: words(names), fallback, extra });
/** The kernel's own headers lack these numbers, or lack them in the releases we must build on. */
const fixed = (fallback, extra) => ({ headers: [], names: [], fallback, extra });

export default {
  sets: {
    open_modes: set("O_???", ["asm/fcntl.h"], "O_RDONLY O_WRONLY O_RDWR O_ACCMODE"),
    open_flags: set(
      "O_???",
      ["asm/fcntl.h"],
      `O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_SYNC __O_SYNC O_DSYNC O_DIRECT O_LARGEFILE O_NOFOLLOW
       O_NOATIME O_CLOEXEC O_PATH O_TMPFILE __O_TMPFILE O_DIRECTORY FASYNC`,
    ),
    resolve_flags: set(
      "RESOLVE_???",
      ["linux/openat2.h"],
      `RESOLVE_NO_XDEV RESOLVE_NO_MAGICLINKS RESOLVE_NO_SYMLINKS RESOLVE_BENEATH RESOLVE_IN_ROOT RESOLVE_CACHED`,
    ),
    access_modes: fixed("?_OK", { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 }),
    faccessat_flags: set("AT_???", ["linux/fcntl.h"], "AT_SYMLINK_NOFOLLOW AT_EACCESS AT_EMPTY_PATH"),
    at_flags: set(
      "AT_???",
      ["linux/fcntl.h"],
      `AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_RECURSIVE`,
    ),
    fchmodat_flags: set("AT_???", ["linux/fcntl.h"], "AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH"),
    handle_flags: set("AT_???", ["linux/fcntl.h"], "AT_SYMLINK_FOLLOW AT_EMPTY_PATH", {
      AT_HANDLE_FID: 0x200,
      AT_HANDLE_MNT_ID_UNIQUE: 1,
      AT_HANDLE_CONNECTABLE: 2,
    }),
    xattrat_flags: set("AT_???", ["linux/fcntl.h"], "AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH"),
    statx_sync: {
      ...set(
        "AT_STATX_???",
        ["linux/fcntl.h"],
        "AT_STATX_SYNC_AS_STAT AT_STATX_FORCE_SYNC AT_STATX_DONT_SYNC",
      ),
      extra: { "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC": 0x6000 },
    },
    statx_masks: set(
      "STATX_???",
      ["linux/stat.h"],
      `STATX_ALL STATX_BASIC_STATS STATX_TYPE STATX_MODE STATX_NLINK STATX_UID STATX_GID STATX_ATIME STATX_MTIME
       STATX_CTIME STATX_INO STATX_SIZE STATX_BLOCKS STATX_BTIME STATX_MNT_ID STATX_DIOALIGN`,
      {
        STATX_MNT_ID_UNIQUE: 0x4000,
        STATX_SUBVOL: 0x8000,
        STATX_WRITE_ATOMIC: 0x10000,
        STATX_DIO_READ_ALIGN: 0x20000,
      },
    ),
    statx_attrs: set(
      "STATX_ATTR_???",
      ["linux/stat.h"],
      `STATX_ATTR_COMPRESSED STATX_ATTR_IMMUTABLE STATX_ATTR_APPEND STATX_ATTR_NODUMP STATX_ATTR_ENCRYPTED
       STATX_ATTR_AUTOMOUNT STATX_ATTR_MOUNT_ROOT STATX_ATTR_VERITY STATX_ATTR_DAX`,
      { STATX_ATTR_WRITE_ATOMIC: 0x400000 },
    ),
    rename_flags: set("RENAME_??", ["linux/fs.h"], "RENAME_NOREPLACE RENAME_EXCHANGE RENAME_WHITEOUT"),
    falloc_flags: set(
      "FALLOC_FL_???",
      ["linux/falloc.h"],
      `FALLOC_FL_KEEP_SIZE FALLOC_FL_PUNCH_HOLE FALLOC_FL_NO_HIDE_STALE FALLOC_FL_COLLAPSE_RANGE
       FALLOC_FL_ZERO_RANGE FALLOC_FL_INSERT_RANGE FALLOC_FL_UNSHARE_RANGE`,
      { FALLOC_FL_WRITE_ZEROES: 0x80 },
    ),
    sync_file_range_flags: set(
      "SYNC_FILE_RANGE_???",
      ["linux/fs.h"],
      "SYNC_FILE_RANGE_WAIT_BEFORE SYNC_FILE_RANGE_WRITE SYNC_FILE_RANGE_WAIT_AFTER",
    ),
    dirent_types: fixed("DT_???", {
      DT_UNKNOWN: 0,
      DT_FIFO: 1,
      DT_CHR: 2,
      DT_DIR: 4,
      DT_BLK: 6,
      DT_REG: 8,
      DT_LNK: 10,
      DT_SOCK: 12,
      DT_WHT: 14,
    }),
    statfs_flags: fixed("ST_???", {
      ST_VALID: 0x20,
      ST_RDONLY: 1,
      ST_NOSUID: 2,
      ST_NODEV: 4,
      ST_NOEXEC: 8,
      ST_SYNCHRONOUS: 0x10,
      ST_MANDLOCK: 0x40,
      ST_NOATIME: 0x400,
      ST_NODIRATIME: 0x800,
      ST_RELATIME: 0x1000,
      ST_NOSYMFOLLOW: 0x2000,
    }),
    fs_magics: set(
      "",
      ["linux/magic.h"],
      `ADFS_SUPER_MAGIC AFFS_SUPER_MAGIC AFS_SUPER_MAGIC AUTOFS_SUPER_MAGIC CEPH_SUPER_MAGIC CODA_SUPER_MAGIC
       CRAMFS_MAGIC DEBUGFS_MAGIC SECURITYFS_MAGIC SELINUX_MAGIC SMACK_MAGIC RAMFS_MAGIC TMPFS_MAGIC
       HUGETLBFS_MAGIC SQUASHFS_MAGIC ECRYPTFS_SUPER_MAGIC EFS_SUPER_MAGIC EROFS_SUPER_MAGIC_V1 EXT2_SUPER_MAGIC
       XENFS_SUPER_MAGIC BTRFS_SUPER_MAGIC NILFS_SUPER_MAGIC F2FS_SUPER_MAGIC HPFS_SUPER_MAGIC ISOFS_SUPER_MAGIC
       JFFS2_SUPER_MAGIC XFS_SUPER_MAGIC PSTOREFS_MAGIC EFIVARFS_MAGIC HOSTFS_SUPER_MAGIC OVERLAYFS_SUPER_MAGIC
       FUSE_SUPER_MAGIC MINIX_SUPER_MAGIC MINIX2_SUPER_MAGIC MINIX3_SUPER_MAGIC MSDOS_SUPER_MAGIC
       EXFAT_SUPER_MAGIC NCP_SUPER_MAGIC NFS_SUPER_MAGIC OCFS2_SUPER_MAGIC OPENPROM_SUPER_MAGIC QNX4_SUPER_MAGIC
       QNX6_SUPER_MAGIC AFS_FS_MAGIC REISERFS_SUPER_MAGIC SMB_SUPER_MAGIC CIFS_SUPER_MAGIC SMB2_SUPER_MAGIC
       CGROUP_SUPER_MAGIC CGROUP2_SUPER_MAGIC RDTGROUP_SUPER_MAGIC STACK_END_MAGIC TRACEFS_MAGIC V9FS_MAGIC
       BDEVFS_MAGIC DAXFS_MAGIC BINFMTFS_MAGIC DEVPTS_SUPER_MAGIC BINDERFS_SUPER_MAGIC FUTEXFS_SUPER_MAGIC
       PIPEFS_MAGIC PROC_SUPER_MAGIC SOCKFS_MAGIC SYSFS_MAGIC USBDEVICE_SUPER_MAGIC MTD_INODE_FS_MAGIC
       ANON_INODE_FS_MAGIC BTRFS_TEST_MAGIC NSFS_MAGIC BPF_FS_MAGIC AAFS_MAGIC ZONEFS_MAGIC UDF_SUPER_MAGIC
       DMA_BUF_MAGIC DEVMEM_MAGIC SECRETMEM_MAGIC`,
      {
        BCACHEFS_SUPER_MAGIC: 0xca451a4e,
        PID_FS_MAGIC: 0x50494446,
        VXFS_SUPER_MAGIC: 0xa501fcf5,
        ZFS_SUPER_MAGIC: 0x2fc12fc1,
      },
    ),
    fs_xflags: set(
      "FS_XFLAG_???",
      ["linux/fs.h"],
      `FS_XFLAG_REALTIME FS_XFLAG_PREALLOC FS_XFLAG_IMMUTABLE FS_XFLAG_APPEND FS_XFLAG_SYNC FS_XFLAG_NOATIME
       FS_XFLAG_NODUMP FS_XFLAG_RTINHERIT FS_XFLAG_PROJINHERIT FS_XFLAG_NOSYMLINKS FS_XFLAG_EXTSIZE
       FS_XFLAG_EXTSZINHERIT FS_XFLAG_NODEFRAG FS_XFLAG_FILESTREAM FS_XFLAG_DAX FS_XFLAG_COWEXTSIZE
       FS_XFLAG_HASATTR`,
    ),
    xattr_flags: set("XATTR_???", ["linux/xattr.h"], "XATTR_CREATE XATTR_REPLACE"),
    inotify_events: set(
      "IN_???",
      ["linux/inotify.h"],
      `IN_ACCESS IN_MODIFY IN_ATTRIB IN_CLOSE_WRITE IN_CLOSE_NOWRITE IN_OPEN IN_MOVED_FROM IN_MOVED_TO IN_CREATE
       IN_DELETE IN_DELETE_SELF IN_MOVE_SELF IN_UNMOUNT IN_Q_OVERFLOW IN_IGNORED IN_ONLYDIR IN_DONT_FOLLOW
       IN_EXCL_UNLINK IN_MASK_CREATE IN_MASK_ADD IN_ISDIR IN_ONESHOT`,
    ),
    inotify_init_flags: fixed("IN_???", { IN_NONBLOCK: 0o4000, IN_CLOEXEC: 0o2000000 }),
    fanotify_classes: set(
      "FAN_CLASS_???",
      ["linux/fanotify.h"],
      "FAN_CLASS_NOTIF FAN_CLASS_CONTENT FAN_CLASS_PRE_CONTENT",
    ),
    fanotify_init_flags: set(
      "FAN_???",
      ["linux/fanotify.h"],
      `FAN_CLOEXEC FAN_NONBLOCK FAN_UNLIMITED_QUEUE FAN_UNLIMITED_MARKS FAN_ENABLE_AUDIT FAN_REPORT_PIDFD
       FAN_REPORT_TID FAN_REPORT_FID FAN_REPORT_DIR_FID FAN_REPORT_NAME FAN_REPORT_TARGET_FID`,
      { FAN_REPORT_FD_ERROR: 0x2000, FAN_REPORT_MNT: 0x4000 },
    ),
    fanotify_mark_flags: set(
      "FAN_MARK_???",
      ["linux/fanotify.h"],
      `FAN_MARK_ADD FAN_MARK_REMOVE FAN_MARK_DONT_FOLLOW FAN_MARK_ONLYDIR FAN_MARK_MOUNT FAN_MARK_IGNORED_MASK
       FAN_MARK_IGNORED_SURV_MODIFY FAN_MARK_FLUSH FAN_MARK_FILESYSTEM FAN_MARK_EVICTABLE FAN_MARK_IGNORE`,
    ),
    fanotify_events: set(
      "FAN_???",
      ["linux/fanotify.h"],
      `FAN_ACCESS FAN_MODIFY FAN_ATTRIB FAN_CLOSE_WRITE FAN_CLOSE_NOWRITE FAN_OPEN FAN_MOVED_FROM FAN_MOVED_TO
       FAN_CREATE FAN_DELETE FAN_DELETE_SELF FAN_MOVE_SELF FAN_OPEN_EXEC FAN_Q_OVERFLOW FAN_FS_ERROR
       FAN_OPEN_PERM FAN_ACCESS_PERM FAN_OPEN_EXEC_PERM`,
      {
        FAN_PRE_ACCESS: 0x100000,
        FAN_MNT_ATTACH: 0x1000000,
        FAN_MNT_DETACH: 0x2000000,
        FAN_DIR_MODIFY: 0x80000,
        FAN_ONDIR: 0x40000000,
        FAN_EVENT_ON_CHILD: 0x8000000,
        FAN_RENAME: 0x10000000,
      },
    ),
    flock_ops: fixed("LOCK_???", {
      LOCK_SH: 1,
      LOCK_EX: 2,
      LOCK_NB: 4,
      LOCK_UN: 8,
      LOCK_MAND: 32,
      LOCK_RW: 0xc0,
      LOCK_READ: 64,
      LOCK_WRITE: 128,
    }),
    fcntl_cmds: set(
      "F_???",
      ["linux/fcntl.h"],
      `F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN F_SETSIG F_GETSIG
       F_SETOWN_EX F_GETOWN_EX F_GETOWNER_UIDS F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW F_SETLEASE F_GETLEASE F_NOTIFY
       F_CANCELLK F_DUPFD_CLOEXEC F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS F_GET_RW_HINT F_SET_RW_HINT
       F_GET_FILE_RW_HINT F_SET_FILE_RW_HINT`,
      {
        F_GETLK64: 12,
        F_SETLK64: 13,
        F_SETLKW64: 14,
        F_DUPFD_QUERY: 1027,
        F_CREATED_QUERY: 1028,
        F_GETDELEG: 1039,
        F_SETDELEG: 1040,
      },
    ),
    fd_flags: set("FD_???", ["asm/fcntl.h"], "FD_CLOEXEC"),
    lock_types: set("F_???", ["asm/fcntl.h"], "F_RDLCK F_WRLCK F_UNLCK F_EXLCK F_SHLCK"),
    owner_types: set("F_OWNER_???", ["asm/fcntl.h"], "F_OWNER_TID F_OWNER_PID F_OWNER_PGRP"),
    seals: set(
      "F_SEAL_???",
      ["linux/fcntl.h"],
      "F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_GROW F_SEAL_WRITE F_SEAL_FUTURE_WRITE",
      { F_SEAL_EXEC: 0x20 },
    ),
    notify_flags: set(
      "DN_???",
      ["linux/fcntl.h"],
      "DN_ACCESS DN_MODIFY DN_CREATE DN_DELETE DN_RENAME DN_ATTRIB DN_MULTISHOT",
    ),
    rw_hints: set(
      "RWH_WRITE_LIFE_???",
      ["linux/fcntl.h"],
      `RWH_WRITE_LIFE_NOT_SET RWH_WRITE_LIFE_NONE RWH_WRITE_LIFE_SHORT RWH_WRITE_LIFE_MEDIUM RWH_WRITE_LIFE_LONG
       RWH_WRITE_LIFE_EXTREME`,
    ),
    close_range_flags: set(
      "CLOSE_RANGE_???",
      ["linux/close_range.h"],
      "CLOSE_RANGE_UNSHARE CLOSE_RANGE_CLOEXEC",
    ),
    eventfd_flags: fixed("EFD_???", { EFD_SEMAPHORE: 1, EFD_CLOEXEC: 0o2000000, EFD_NONBLOCK: 0o4000 }),
    memfd_secret_flags: set("", ["asm/fcntl.h"], "O_CLOEXEC"),
    memfd_flags: set("MFD_???", ["linux/memfd.h"], "MFD_CLOEXEC MFD_ALLOW_SEALING MFD_HUGETLB", {
      MFD_NOEXEC_SEAL: 8,
      MFD_EXEC: 16,
    }),
    splice_flags: fixed("SPLICE_F_???", {
      SPLICE_F_MOVE: 1,
      SPLICE_F_NONBLOCK: 2,
      SPLICE_F_MORE: 4,
      SPLICE_F_GIFT: 8,
    }),
    fadvise_advices: set(
      "POSIX_FADV_???",
      ["linux/fadvise.h"],
      `POSIX_FADV_NORMAL POSIX_FADV_RANDOM POSIX_FADV_SEQUENTIAL POSIX_FADV_WILLNEED POSIX_FADV_DONTNEED
       POSIX_FADV_NOREUSE`,
    ),
    rwf_flags: set("RWF_???", ["linux/fs.h"], "RWF_HIPRI RWF_DSYNC RWF_SYNC RWF_NOWAIT RWF_APPEND", {
      RWF_NOAPPEND: 0x20,
      RWF_ATOMIC: 0x40,
      RWF_DONTCACHE: 0x80,
      RWF_NOSIGNAL: 0x100,
    }),
    mount_flags: set(
      "MS_???",
      ["linux/mount.h"],
      `MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC MS_SYNCHRONOUS MS_REMOUNT MS_MANDLOCK MS_DIRSYNC MS_NOSYMFOLLOW
       MS_NOATIME MS_NODIRATIME MS_BIND MS_MOVE MS_REC MS_SILENT MS_POSIXACL MS_UNBINDABLE MS_PRIVATE MS_SLAVE
       MS_SHARED MS_RELATIME MS_KERNMOUNT MS_I_VERSION MS_STRICTATIME MS_LAZYTIME MS_SUBMOUNT MS_NOREMOTELOCK
       MS_NOSEC MS_BORN MS_ACTIVE MS_NOUSER`,
    ),
    mount_propagations: set("MS_???", ["linux/mount.h"], "MS_UNBINDABLE MS_PRIVATE MS_SLAVE MS_SHARED"),
    umount_flags: fixed("MNT_???", { MNT_FORCE: 1, MNT_DETACH: 2, MNT_EXPIRE: 4, UMOUNT_NOFOLLOW: 8 }),
    fsopen_flags: set("FSOPEN_???", ["linux/mount.h"], "FSOPEN_CLOEXEC"),
    fsmount_flags: set("FSMOUNT_???", ["linux/mount.h"], "FSMOUNT_CLOEXEC"),
    fspick_flags: set(
      "FSPICK_???",
      ["linux/mount.h"],
      "FSPICK_CLOEXEC FSPICK_SYMLINK_NOFOLLOW FSPICK_NO_AUTOMOUNT FSPICK_EMPTY_PATH",
    ),
    fsconfig_cmds: set(
      "FSCONFIG_???",
      ["linux/mount.h"],
      `FSCONFIG_SET_FLAG FSCONFIG_SET_STRING FSCONFIG_SET_BINARY FSCONFIG_SET_PATH FSCONFIG_SET_PATH_EMPTY
       FSCONFIG_SET_FD FSCONFIG_CMD_CREATE FSCONFIG_CMD_RECONFIGURE`,
      { FSCONFIG_CMD_CREATE_EXCL: 8 },
    ),
    mount_attrs: set(
      "MOUNT_ATTR_???",
      ["linux/mount.h"],
      `MOUNT_ATTR_RDONLY MOUNT_ATTR_NOSUID MOUNT_ATTR_NODEV MOUNT_ATTR_NOEXEC MOUNT_ATTR_NOATIME
       MOUNT_ATTR_STRICTATIME MOUNT_ATTR_NODIRATIME MOUNT_ATTR_IDMAP MOUNT_ATTR_NOSYMFOLLOW`,
    ),
    move_mount_flags: set(
      "MOVE_MOUNT_???",
      ["linux/mount.h"],
      `MOVE_MOUNT_F_SYMLINKS MOVE_MOUNT_F_AUTOMOUNTS MOVE_MOUNT_F_EMPTY_PATH MOVE_MOUNT_T_SYMLINKS
       MOVE_MOUNT_T_AUTOMOUNTS MOVE_MOUNT_T_EMPTY_PATH MOVE_MOUNT_SET_GROUP`,
      { MOVE_MOUNT_BENEATH: 0x200 },
    ),
    open_tree_flags: set(
      "OPEN_TREE_???",
      ["asm/fcntl.h", "linux/fcntl.h", "linux/mount.h"],
      `OPEN_TREE_CLONE OPEN_TREE_CLOEXEC AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT
       AT_EMPTY_PATH AT_RECURSIVE`,
    ),
    mount_setattr_flags: set(
      "AT_???",
      ["linux/fcntl.h"],
      "AT_SYMLINK_NOFOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_RECURSIVE",
    ),
    statmount_masks: fixed("STATMOUNT_???", {
      STATMOUNT_SB_BASIC: 0x1,
      STATMOUNT_MNT_BASIC: 0x2,
      STATMOUNT_PROPAGATE_FROM: 0x4,
      STATMOUNT_MNT_ROOT: 0x8,
      STATMOUNT_MNT_POINT: 0x10,
      STATMOUNT_FS_TYPE: 0x20,
      STATMOUNT_MNT_NS_ID: 0x40,
      STATMOUNT_MNT_OPTS: 0x80,
      STATMOUNT_FS_SUBTYPE: 0x100,
      STATMOUNT_SB_SOURCE: 0x200,
      STATMOUNT_OPT_ARRAY: 0x400,
      STATMOUNT_OPT_SEC_ARRAY: 0x800,
      STATMOUNT_SUPPORTED_MASK: 0x1000,
      STATMOUNT_MNT_UIDMAP: 0x2000,
      STATMOUNT_MNT_GIDMAP: 0x4000,
    }),
    listmount_flags: fixed("LISTMOUNT_???", { LISTMOUNT_REVERSE: 1 }),
    swapon_flags: fixed("SWAP_FLAG_???", {
      SWAP_FLAG_PREFER: 0x8000,
      SWAP_FLAG_DISCARD: 0x10000,
      SWAP_FLAG_DISCARD_ONCE: 0x20000,
      SWAP_FLAG_DISCARD_PAGES: 0x40000,
    }),
    quota_cmds: set(
      "Q_???",
      ["linux/quota.h", "linux/dqblk_xfs.h"],
      `Q_SYNC Q_QUOTAON Q_QUOTAOFF Q_GETFMT Q_GETINFO Q_SETINFO Q_GETQUOTA Q_SETQUOTA Q_GETNEXTQUOTA Q_XQUOTAON
       Q_XQUOTAOFF Q_XGETQUOTA Q_XSETQLIM Q_XGETQSTAT Q_XQUOTARM Q_XQUOTASYNC Q_XGETQSTATV Q_XGETNEXTQUOTA`,
      {
        // the first two versions of quota files, which no header has any more
        Q_V1_QUOTAON: 0x100,
        Q_V1_QUOTAOFF: 0x200,
        Q_V1_GETQUOTA: 0x300,
        Q_V1_SETQUOTA: 0x400,
        Q_V1_SETUSE: 0x500,
        Q_V1_SYNC: 0x600,
        Q_SETQLIM: 0x700,
        Q_V1_GETSTATS: 0x800,
        Q_V1_RSQUASH: 0x1000,
        Q_V2_GETINFO: 0x900,
        Q_V2_SETINFO: 0xa00,
        Q_V2_SETGRACE: 0xb00,
        Q_V2_SETFLAGS: 0xc00,
        Q_V2_GETQUOTA: 0xd00,
        Q_V2_SETQUOTA: 0xe00,
        Q_V2_SETUSE: 0xf00,
        Q_V2_GETSTATS: 0x1100,
      },
    ),
    quota_types: set("???QUOTA", ["linux/quota.h"], "USRQUOTA GRPQUOTA PRJQUOTA"),
    quota_formats: set("QFMT_VFS_???", ["linux/quota.h"], "QFMT_VFS_OLD QFMT_VFS_V0 QFMT_OCFS2 QFMT_VFS_V1"),
    quota_valid: set(
      "QIF_???",
      ["linux/quota.h"],
      "QIF_BLIMITS QIF_SPACE QIF_ILIMITS QIF_INODES QIF_BTIME QIF_ITIME",
    ),
    quota_info_flags: fixed("DQF_???", { V1_DQF_RSQUASH: 1, DQF_SYS_FILE: 0x10000 }),
    quota_info_valid: set("IIF_???", ["linux/quota.h"], "IIF_BGRACE IIF_IGRACE IIF_FLAGS"),
    xfs_quota_flags: fixed("XFS_QUOTA_???", {
      XFS_QUOTA_UDQ_ACCT: 1,
      XFS_QUOTA_UDQ_ENFD: 2,
      XFS_QUOTA_GDQ_ACCT: 4,
      XFS_QUOTA_GDQ_ENFD: 8,
      XFS_QUOTA_PDQ_ACCT: 16,
      XFS_QUOTA_PDQ_ENFD: 32,
    }),
    xfs_dqblk_flags: fixed("XFS_???_QUOTA", { XFS_USER_QUOTA: 1, XFS_PROJ_QUOTA: 2, XFS_GROUP_QUOTA: 4 }),
    aio_cmds: fixed("IOCB_CMD_???", {
      IOCB_CMD_PREAD: 0,
      IOCB_CMD_PWRITE: 1,
      IOCB_CMD_FSYNC: 2,
      IOCB_CMD_FDSYNC: 3,
      IOCB_CMD_PREADX: 4,
      IOCB_CMD_POLL: 5,
      IOCB_CMD_NOOP: 6,
      IOCB_CMD_PREADV: 7,
      IOCB_CMD_PWRITEV: 8,
    }),
    aio_poll_events: set(
      "POLL???",
      ["asm/poll.h"],
      `POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLMSG POLLREMOVE
       POLLRDHUP`,
      { POLL_BUSY_LOOP: 0x8000 },
    ),
    aio_flags: set("IOCB_FLAG_???", ["linux/aio_abi.h"], "IOCB_FLAG_RESFD IOCB_FLAG_IOPRIO"),
    uring_setup_flags: set(
      "IORING_SETUP_???",
      ["linux/io_uring.h"],
      `IORING_SETUP_IOPOLL IORING_SETUP_SQPOLL IORING_SETUP_SQ_AFF IORING_SETUP_CQSIZE IORING_SETUP_CLAMP
       IORING_SETUP_ATTACH_WQ IORING_SETUP_R_DISABLED IORING_SETUP_SUBMIT_ALL IORING_SETUP_COOP_TASKRUN
       IORING_SETUP_TASKRUN_FLAG IORING_SETUP_SQE128 IORING_SETUP_CQE32`,
      {
        IORING_SETUP_SINGLE_ISSUER: 0x1000,
        IORING_SETUP_DEFER_TASKRUN: 0x2000,
        IORING_SETUP_NO_MMAP: 0x4000,
        IORING_SETUP_REGISTERED_FD_ONLY: 0x8000,
        IORING_SETUP_NO_SQARRAY: 0x10000,
        IORING_SETUP_HYBRID_IOPOLL: 0x20000,
        IORING_SETUP_CQE_MIXED: 0x40000,
      },
    ),
    uring_features: set(
      "IORING_FEAT_???",
      ["linux/io_uring.h"],
      `IORING_FEAT_SINGLE_MMAP IORING_FEAT_NODROP IORING_FEAT_SUBMIT_STABLE IORING_FEAT_RW_CUR_POS
       IORING_FEAT_CUR_PERSONALITY IORING_FEAT_FAST_POLL IORING_FEAT_POLL_32BITS IORING_FEAT_SQPOLL_NONFIXED
       IORING_FEAT_EXT_ARG IORING_FEAT_NATIVE_WORKERS IORING_FEAT_RSRC_TAGS IORING_FEAT_CQE_SKIP
       IORING_FEAT_LINKED_FILE`,
      {
        IORING_FEAT_REG_REG_RING: 0x2000,
        IORING_FEAT_RECVSEND_BUNDLE: 0x4000,
        IORING_FEAT_MIN_TIMEOUT: 0x8000,
        IORING_FEAT_RW_ATTR: 0x10000,
        IORING_FEAT_NO_IOWAIT: 0x20000,
      },
    ),
    uring_enter_flags: set(
      "IORING_ENTER_???",
      ["linux/io_uring.h"],
      `IORING_ENTER_GETEVENTS IORING_ENTER_SQ_WAKEUP IORING_ENTER_SQ_WAIT IORING_ENTER_EXT_ARG
       IORING_ENTER_REGISTERED_RING`,
      { IORING_ENTER_ABS_TIMER: 0x20, IORING_ENTER_EXT_ARG_REG: 0x40, IORING_ENTER_NO_IOWAIT: 0x80 },
    ),
    uring_register_ops: set(
      "IORING_REGISTER_???",
      ["linux/io_uring.h"],
      `IORING_REGISTER_BUFFERS IORING_UNREGISTER_BUFFERS IORING_REGISTER_FILES IORING_UNREGISTER_FILES
       IORING_REGISTER_EVENTFD IORING_UNREGISTER_EVENTFD IORING_REGISTER_FILES_UPDATE
       IORING_REGISTER_EVENTFD_ASYNC IORING_REGISTER_PROBE IORING_REGISTER_PERSONALITY
       IORING_UNREGISTER_PERSONALITY IORING_REGISTER_RESTRICTIONS IORING_REGISTER_ENABLE_RINGS
       IORING_REGISTER_FILES2 IORING_REGISTER_FILES_UPDATE2 IORING_REGISTER_BUFFERS2
       IORING_REGISTER_BUFFERS_UPDATE IORING_REGISTER_IOWQ_AFF IORING_UNREGISTER_IOWQ_AFF
       IORING_REGISTER_IOWQ_MAX_WORKERS IORING_REGISTER_RING_FDS IORING_UNREGISTER_RING_FDS
       IORING_REGISTER_PBUF_RING IORING_UNREGISTER_PBUF_RING`,
      {
        IORING_REGISTER_SYNC_CANCEL: 24,
        IORING_REGISTER_FILE_ALLOC_RANGE: 25,
        IORING_REGISTER_PBUF_STATUS: 26,
        IORING_REGISTER_NAPI: 27,
        IORING_UNREGISTER_NAPI: 28,
        IORING_REGISTER_CLOCK: 29,
        IORING_REGISTER_CLONE_BUFFERS: 30,
        IORING_REGISTER_SEND_MSG_RING: 31,
        IORING_REGISTER_ZCRX_IFQ: 32,
        IORING_REGISTER_RESIZE_RINGS: 33,
        IORING_REGISTER_MEM_REGION: 34,
        IORING_REGISTER_QUERY: 35,
      },
    ),
    uring_ops: {
      headers: ["linux/io_uring.h"],
      names: words(`IORING_OP_NOP IORING_OP_READV IORING_OP_WRITEV IORING_OP_FSYNC IORING_OP_READ_FIXED
        IORING_OP_WRITE_FIXED IORING_OP_POLL_ADD IORING_OP_POLL_REMOVE IORING_OP_SYNC_FILE_RANGE IORING_OP_SENDMSG
        IORING_OP_RECVMSG IORING_OP_TIMEOUT IORING_OP_TIMEOUT_REMOVE IORING_OP_ACCEPT IORING_OP_ASYNC_CANCEL
        IORING_OP_LINK_TIMEOUT IORING_OP_CONNECT IORING_OP_FALLOCATE IORING_OP_OPENAT IORING_OP_CLOSE
        IORING_OP_FILES_UPDATE IORING_OP_STATX IORING_OP_READ IORING_OP_WRITE IORING_OP_FADVISE IORING_OP_MADVISE
        IORING_OP_SEND IORING_OP_RECV IORING_OP_OPENAT2 IORING_OP_EPOLL_CTL IORING_OP_SPLICE
        IORING_OP_PROVIDE_BUFFERS IORING_OP_REMOVE_BUFFERS IORING_OP_TEE IORING_OP_SHUTDOWN IORING_OP_RENAMEAT
        IORING_OP_UNLINKAT IORING_OP_MKDIRAT IORING_OP_SYMLINKAT IORING_OP_LINKAT IORING_OP_MSG_RING
        IORING_OP_FSETXATTR IORING_OP_SETXATTR IORING_OP_FGETXATTR IORING_OP_GETXATTR IORING_OP_SOCKET
        IORING_OP_URING_CMD IORING_OP_SEND_ZC IORING_OP_SENDMSG_ZC`),
      fallback: "IORING_OP_???",
      extra: {
        IORING_OP_READ_MULTISHOT: 49,
        IORING_OP_WAITID: 50,
        IORING_OP_FUTEX_WAIT: 51,
        IORING_OP_FUTEX_WAKE: 52,
        IORING_OP_FUTEX_WAITV: 53,
        IORING_OP_FIXED_FD_INSTALL: 54,
        IORING_OP_FTRUNCATE: 55,
        IORING_OP_BIND: 56,
        IORING_OP_LISTEN: 57,
        IORING_OP_RECV_ZC: 58,
        IORING_OP_EPOLL_WAIT: 59,
        IORING_OP_READV_FIXED: 60,
        IORING_OP_WRITEV_FIXED: 61,
        IORING_OP_PIPE: 62,
      },
    },
    uring_restrictions: set(
      "IORING_RESTRICTION_???",
      ["linux/io_uring.h"],
      `IORING_RESTRICTION_REGISTER_OP IORING_RESTRICTION_SQE_OP IORING_RESTRICTION_SQE_FLAGS_ALLOWED
       IORING_RESTRICTION_SQE_FLAGS_REQUIRED`,
    ),
    uring_sqe_flags: set(
      "IOSQE_???",
      ["linux/io_uring.h"],
      `IOSQE_FIXED_FILE IOSQE_IO_DRAIN IOSQE_IO_LINK IOSQE_IO_HARDLINK IOSQE_ASYNC IOSQE_BUFFER_SELECT
       IOSQE_CQE_SKIP_SUCCESS`,
    ),
    uring_op_flags: set("IO_URING_OP_???", ["linux/io_uring.h"], "IO_URING_OP_SUPPORTED"),
    mmap_prot: set(
      "PROT_???",
      ["asm/mman.h"],
      "PROT_NONE PROT_READ PROT_WRITE PROT_EXEC PROT_SEM PROT_GROWSDOWN PROT_GROWSUP",
    ),
    mmap_types: set("MAP_???", ["linux/mman.h"], "MAP_FILE MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE", {
      MAP_DROPPABLE: 8,
    }),
    mmap_flags: set(
      "MAP_???",
      ["linux/mman.h"],
      `MAP_FIXED MAP_ANONYMOUS MAP_32BIT MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_GROWSDOWN MAP_DENYWRITE
       MAP_EXECUTABLE MAP_LOCKED MAP_STACK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE`,
      { MAP_ABOVE4G: 0x80 },
    ),
    mremap_flags: set("MREMAP_???", ["linux/mman.h"], "MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP"),
    madvise_advices: set(
      "MADV_???",
      ["asm/mman.h"],
      `MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_REMOVE MADV_DONTFORK
       MADV_DOFORK MADV_HWPOISON MADV_SOFT_OFFLINE MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE
       MADV_DONTDUMP MADV_DODUMP MADV_WIPEONFORK MADV_KEEPONFORK MADV_COLD MADV_PAGEOUT MADV_POPULATE_READ
       MADV_POPULATE_WRITE MADV_DONTNEED_LOCKED`,
      { MADV_COLLAPSE: 25, MADV_GUARD_INSTALL: 102, MADV_GUARD_REMOVE: 103 },
    ),
    msync_flags: set("MS_???", ["asm/mman.h"], "MS_SYNC MS_ASYNC MS_INVALIDATE"),
    mlock_flags: set("MLOCK_???", ["asm/mman.h"], "MLOCK_ONFAULT"),
    mlockall_flags: set("MCL_???", ["asm/mman.h"], "MCL_CURRENT MCL_FUTURE MCL_ONFAULT"),
    mempolicy_modes: set(
      "MPOL_???",
      ["linux/mempolicy.h"],
      "MPOL_DEFAULT MPOL_PREFERRED MPOL_BIND MPOL_INTERLEAVE MPOL_LOCAL MPOL_PREFERRED_MANY",
      { MPOL_WEIGHTED_INTERLEAVE: 6 },
    ),
    mempolicy_mode_flags: set(
      "MPOL_???",
      ["linux/mempolicy.h"],
      "MPOL_F_STATIC_NODES MPOL_F_RELATIVE_NODES MPOL_F_NUMA_BALANCING",
    ),
    mbind_flags: set("MPOL_MF_???", ["linux/mempolicy.h"], "MPOL_MF_STRICT MPOL_MF_MOVE MPOL_MF_MOVE_ALL"),
    move_pages_flags: set("MPOL_MF_???", ["linux/mempolicy.h"], "MPOL_MF_MOVE MPOL_MF_MOVE_ALL"),
    get_mempolicy_flags: set(
      "MPOL_???",
      ["linux/mempolicy.h"],
      "MPOL_F_NODE MPOL_F_ADDR MPOL_F_MEMS_ALLOWED",
    ),
    pkey_rights: set("PKEY_???", ["asm/mman.h"], "PKEY_DISABLE_ACCESS PKEY_DISABLE_WRITE", {
      PKEY_DISABLE_EXECUTE: 4,
    }),
    userfaultfd_flags: set(
      "UFFD_???",
      ["asm/fcntl.h", "linux/userfaultfd.h"],
      "UFFD_USER_MODE_ONLY O_NONBLOCK O_CLOEXEC",
    ),
    shadow_stack_flags: fixed("SHADOW_STACK_???", { SHADOW_STACK_SET_TOKEN: 1, SHADOW_STACK_SET_MARKER: 2 }),
    membarrier_cmds: set(
      "MEMBARRIER_CMD_???",
      ["linux/membarrier.h"],
      `MEMBARRIER_CMD_QUERY MEMBARRIER_CMD_GLOBAL MEMBARRIER_CMD_GLOBAL_EXPEDITED
       MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED MEMBARRIER_CMD_PRIVATE_EXPEDITED
       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ`,
      { MEMBARRIER_CMD_GET_REGISTRATIONS: 512 },
    ),
    membarrier_flags: set("MEMBARRIER_CMD_FLAG_???", ["linux/membarrier.h"], "MEMBARRIER_CMD_FLAG_CPU"),
  },
  structs: {
    stat64: { headers: ["asm/stat.h"], prelude: "#ifndef __i386__\n#define stat64 stat\n#endif\n" },
    statfs64: { headers: ["asm/statfs.h"] },
    statfs: { headers: ["asm/statfs.h"] },
    ustat: {
      headers: [],
      prelude: "struct ustat { int f_tfree; unsigned long f_tinode; char f_fname[6], f_fpack[6]; };",
    },
    utimbuf: { headers: ["linux/utime.h"] },
    open_how: { headers: ["linux/openat2.h"] },
    mount_attr: { headers: ["linux/mount.h"] },
    flock: { headers: ["asm/fcntl.h"] },
    flock64: { headers: ["asm/fcntl.h"] },
    f_owner_ex: { headers: ["asm/fcntl.h"] },
    if_dqblk: { headers: ["linux/quota.h"] },
    if_nextdqblk: { headers: ["linux/quota.h"] },
    if_dqinfo: { headers: ["linux/quota.h"] },
    fs_disk_quota: { headers: ["linux/dqblk_xfs.h"] },
    fs_quota_stat: { headers: ["linux/dqblk_xfs.h"] },
    fs_quota_statv: { headers: ["linux/dqblk_xfs.h"] },
    iocb: { headers: ["linux/aio_abi.h"] },
    io_event: { headers: ["linux/aio_abi.h"] },
    io_uring_params: { headers: ["linux/io_uring.h"] },
    io_sqring_offsets: { headers: ["linux/io_uring.h"] },
    io_cqring_offsets: { headers: ["linux/io_uring.h"] },
    io_uring_buf_reg: { headers: ["linux/io_uring.h"] },
    cachestat_range: { headers: ["linux/types.h"], prelude: "struct cachestat_range { __u64 off, len; };" },
    cachestat: {
      headers: ["linux/types.h"],
      prelude:
        "struct cachestat { __u64 nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted; };",
    },
    file_attr: {
      headers: ["linux/types.h"],
      prelude:
        "struct file_attr { __u64 fa_xflags; __u32 fa_extsize, fa_nextents, fa_projid, fa_cowextsize; };",
    },
    xattr_args: {
      headers: ["linux/types.h"],
      prelude: "struct xattr_args { __u64 value; __u32 size, flags; };",
    },
    mnt_id_req: {
      headers: ["linux/types.h"],
      prelude: "struct mnt_id_req { __u32 size, spare; __u64 mnt_id, param, mnt_ns_id; };",
    },
    statmount: {
      headers: ["linux/types.h"],
      prelude: `struct statmount {
        __u32 size, mnt_opts; __u64 mask; __u32 sb_dev_major, sb_dev_minor; __u64 sb_magic; __u32 sb_flags, fs_type;
        __u64 mnt_id, mnt_parent_id; __u32 mnt_id_old, mnt_parent_id_old; __u64 mnt_attr, mnt_propagation,
        mnt_peer_group, mnt_master, propagate_from; __u32 mnt_root, mnt_point; __u64 mnt_ns_id;
        __u32 fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array; __u64 supported_mask;
        __u32 mnt_uidmap_num, mnt_uidmap, mnt_gidmap_num, mnt_gidmap; __u64 spare[43]; };`,
    },
  },
};
