/** Flag sets and structs of ioctl(2)'s commands. */
const prefix = (fallback, header, start, exclude) => ({
  headers: [header],
  prefix: start,
  exclude,
  fallback,
});
const names = (fallback, header, text) => ({ headers: [header], names: text.split(" "), fallback });
const fixed = (fallback, extra) => ({ headers: [], names: [], fallback, extra });
const uffd = (...calls) =>
  Object.fromEntries(calls.map(([name, bit]) => [`1<<_UFFDIO_${name}`, 1n << BigInt(bit)]));
/** Structs by the header that declares them. */
const structs = (header, text) =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((name) => [name, { headers: Array.isArray(header) ? header : [header] }]),
  );

export default {
  sets: {
    loop_flags: fixed("LO_FLAGS_???", {
      LO_FLAGS_READ_ONLY: 1,
      LO_FLAGS_USE_AOPS: 2,
      LO_FLAGS_AUTOCLEAR: 4,
      LO_FLAGS_PARTSCAN: 8,
      LO_FLAGS_DIRECT_IO: 16,
    }),
    loop_crypt: prefix("LO_CRYPT_???", "linux/loop.h", "LO_CRYPT_"),
    inode_flags: prefix("FS_???_FL", "linux/fs.h", "FS_", /^(?!FS_\w+_FL$)|FS_FL_/),
    inode_xflags: prefix("FS_XFLAG_???", "linux/fs.h", "FS_XFLAG_"),
    fiemap_flags: prefix("FIEMAP_FLAG_???", "linux/fiemap.h", "FIEMAP_FLAG_", /COMPAT/),
    fiemap_extent_flags: prefix("FIEMAP_EXTENT_???", "linux/fiemap.h", "FIEMAP_EXTENT_"),
    blkpg_ops: prefix("BLKPG_???", "linux/blkpg.h", "BLKPG_", /LTH$/),
    rtc_vl_flags: prefix("RTC_VL_???", "linux/rtc.h", "RTC_VL_", /READ|CLR/),
    rtc_params: prefix("RTC_PARAM_???", "linux/rtc.h", "RTC_PARAM_", /ET$/),
    uffd_features: prefix("UFFD_FEATURE_???", "linux/userfaultfd.h", "UFFD_FEATURE_"),
    uffd_register_modes: prefix("UFFDIO_REGISTER_MODE_???", "linux/userfaultfd.h", "UFFDIO_REGISTER_MODE_"),
    uffd_copy_modes: prefix("UFFDIO_COPY_MODE_???", "linux/userfaultfd.h", "UFFDIO_COPY_MODE_"),
    uffd_zeropage_modes: prefix("UFFDIO_ZEROPAGE_MODE_???", "linux/userfaultfd.h", "UFFDIO_ZEROPAGE_MODE_"),
    uffd_wp_modes: prefix("UFFDIO_WRITEPROTECT_MODE_???", "linux/userfaultfd.h", "UFFDIO_WRITEPROTECT_MODE_"),
    uffd_continue_modes: prefix("UFFDIO_CONTINUE_MODE_???", "linux/userfaultfd.h", "UFFDIO_CONTINUE_MODE_"),
    uffd_api_ioctls: fixed("_UFFDIO_???", uffd(["REGISTER", 0], ["UNREGISTER", 1], ["API", 0x3f])),
    uffd_range_ioctls: fixed(
      "_UFFDIO_???",
      uffd(["WAKE", 2], ["COPY", 3], ["ZEROPAGE", 4], ["WRITEPROTECT", 6], ["CONTINUE", 7]),
    ),
    perf_ioctl_flags: names("PERF_IOC_FLAG_???", "linux/perf_event.h", "PERF_IOC_FLAG_GROUP"),
    seccomp_addfd_flags: prefix("SECCOMP_ADDFD_FLAG_???", "linux/seccomp.h", "SECCOMP_ADDFD_FLAG_"),
    seccomp_answer_flags: prefix(
      "SECCOMP_USER_NOTIF_FLAG_???",
      "linux/seccomp.h",
      "SECCOMP_USER_NOTIF_FLAG_",
    ),
    audit_arches: prefix("AUDIT_ARCH_???", "linux/audit.h", "AUDIT_ARCH_"),
    btrfs_compressions: fixed("BTRFS_COMPRESS_???", {
      BTRFS_COMPRESS_NONE: 0,
      BTRFS_COMPRESS_ZLIB: 1,
      BTRFS_COMPRESS_LZO: 2,
      BTRFS_COMPRESS_ZSTD: 3,
    }),
    ptp_extts_flags: names(
      "PTP_???",
      "linux/ptp_clock.h",
      "PTP_ENABLE_FEATURE PTP_RISING_EDGE PTP_FALLING_EDGE PTP_STRICT_FLAGS",
    ),
    ptp_perout_flags: prefix("PTP_PEROUT_???", "linux/ptp_clock.h", "PTP_PEROUT_", /VALID|REQUEST/),
    ptp_pin_functions: fixed("PTP_PF_???", {
      PTP_PF_NONE: 0,
      PTP_PF_EXTTS: 1,
      PTP_PF_PEROUT: 2,
      PTP_PF_PHYSYNC: 3,
    }),
    kd_modes: names("KD_???", "linux/kd.h", "KD_TEXT KD_GRAPHICS KD_TEXT0 KD_TEXT1"),
    kd_keyboards: names("KB_???", "linux/kd.h", "KB_84 KB_101 KB_OTHER"),
    kd_leds: names("LED_???", "linux/kd.h", "LED_SCR LED_NUM LED_CAP"),
    kd_keyboard_modes: names("K_???", "linux/kd.h", "K_RAW K_XLATE K_MEDIUMRAW K_UNICODE K_OFF"),
    kd_meta_modes: names("K_???", "linux/kd.h", "K_METABIT K_ESCPREFIX"),
    modem_lines: names(
      "TIOCM_???",
      "asm/termios.h",
      "TIOCM_LE TIOCM_DTR TIOCM_RTS TIOCM_ST TIOCM_SR TIOCM_CTS TIOCM_CAR TIOCM_RNG TIOCM_DSR TIOCM_OUT1 TIOCM_OUT2 TIOCM_LOOP",
    ),
    terminal_flow: names("TC???", "asm/termbits.h", "TCOOFF TCOON TCIOFF TCION"),
    terminal_queues: names("TC???", "asm/termbits.h", "TCIFLUSH TCOFLUSH TCIOFLUSH"),
    line_disciplines: prefix("N_???", "linux/tty.h", "N_"),
    interface_flags: fixed("IFF_???", {
      IFF_UP: 1,
      IFF_BROADCAST: 2,
      IFF_DEBUG: 4,
      IFF_LOOPBACK: 8,
      IFF_POINTOPOINT: 0x10,
      IFF_NOTRAILERS: 0x20,
      IFF_RUNNING: 0x40,
      IFF_NOARP: 0x80,
      IFF_PROMISC: 0x100,
      IFF_ALLMULTI: 0x200,
      IFF_MASTER: 0x400,
      IFF_SLAVE: 0x800,
      IFF_MULTICAST: 0x1000,
      IFF_PORTSEL: 0x2000,
      IFF_AUTOMEDIA: 0x4000,
      IFF_DYNAMIC: 0x8000,
    }),
    hardware_types: prefix("ARPHRD_???", "linux/if_arp.h", "ARPHRD_"),
    nbd_flags: fixed("NBD_IOC_FLAG_???", {
      NBD_FLAG_HAS_FLAGS: 1,
      NBD_FLAG_READ_ONLY: 2,
      NBD_FLAG_SEND_FLUSH: 4,
      NBD_FLAG_SEND_FUA: 8,
      NBD_FLAG_ROTATIONAL: 0x10,
      NBD_FLAG_SEND_TRIM: 0x20,
      NBD_FLAG_SEND_WRITE_ZEROES: 0x40,
      NBD_FLAG_SEND_DF: 0x80,
      NBD_FLAG_CAN_MULTI_CONN: 0x100,
      NBD_FLAG_SEND_RESIZE: 0x200,
      NBD_FLAG_SEND_CACHE: 0x400,
      NBD_FLAG_SEND_FAST_ZERO: 0x800,
    }),
    kvm_capabilities: prefix("KVM_CAP_???", "linux/kvm.h", "KVM_CAP_"),
    kvm_memory_flags: names("KVM_MEM_???", "linux/kvm.h", "KVM_MEM_LOG_DIRTY_PAGES KVM_MEM_READONLY"),
    mtd_file_modes: fixed("MTD_FILE_MODE_???", {
      MTD_FILE_MODE_NORMAL: 0,
      MTD_FILE_MODE_OTP_FACTORY: 1,
      MTD_FILE_MODE_OTP_USER: 2,
      MTD_FILE_MODE_RAW: 3,
    }),
    mtd_types: prefix(
      "MTD_???",
      "mtd/mtd-abi.h",
      "MTD_",
      /MTD_(CAP_|OTP_|NANDECC|WRITEABLE|BIT_|NO_ERASE|POWERUP|SLC|MAX|FILE|OOB|OPS)/,
    ),
    mtd_flags: names(
      "MTD_???",
      "mtd/mtd-abi.h",
      "MTD_WRITEABLE MTD_BIT_WRITEABLE MTD_NO_ERASE MTD_POWERUP_LOCK MTD_SLC_ON_MLC_EMULATION",
    ),
    mtd_otp: prefix("MTD_OTP_???", "mtd/mtd-abi.h", "MTD_OTP_"),
    ide_bus_states: names("BUSSTATE_???", "linux/hdreg.h", "BUSSTATE_OFF BUSSTATE_ON BUSSTATE_TRISTATE"),
    btrfs_subvolume_flags: names(
      "BTRFS_SUBVOL_???",
      "linux/btrfs.h",
      "BTRFS_SUBVOL_CREATE_ASYNC BTRFS_SUBVOL_RDONLY BTRFS_SUBVOL_QGROUP_INHERIT",
    ),
    btrfs_balance_ctl: prefix("BTRFS_BALANCE_CTL_???", "linux/btrfs.h", "BTRFS_BALANCE_CTL_"),
    btrfs_quota_ctl: names(
      "BTRFS_QUOTA_CTL_???",
      "linux/btrfs.h",
      "BTRFS_QUOTA_CTL_ENABLE BTRFS_QUOTA_CTL_DISABLE",
    ),
    btrfs_defrag_flags: names(
      "BTRFS_DEFRAG_RANGE_???",
      "linux/btrfs.h",
      "BTRFS_DEFRAG_RANGE_COMPRESS BTRFS_DEFRAG_RANGE_START_IO",
    ),
  },
  structs: {
    ...structs("linux/loop.h", "loop_info loop_info64 loop_config"),
    ...structs(
      "linux/fs.h",
      "file_clone_range fsxattr fstrim_range file_dedupe_range file_dedupe_range_info",
    ),
    ...structs("linux/fiemap.h", "fiemap fiemap_extent"),
    ...structs("linux/rtc.h", "rtc_time rtc_wkalrm rtc_pll_info rtc_param"),
    ...structs(
      "linux/userfaultfd.h",
      "uffdio_api uffdio_range uffdio_register uffdio_copy uffdio_zeropage uffdio_writeprotect uffdio_continue",
    ),
    ...structs("linux/seccomp.h", "seccomp_data seccomp_notif seccomp_notif_resp seccomp_notif_addfd"),
    ...structs("linux/ptp_clock.h", "ptp_clock_time ptp_clock_caps ptp_extts_request ptp_pin_desc"),
    ...structs("linux/kd.h", "kbkeycode kbd_repeat unimapdesc unimapinit consolefontdesc"),
    ...structs("linux/hdreg.h", "hd_geometry"),
    ...structs("linux/blkpg.h", "blkpg_ioctl_arg blkpg_partition"),
    ...structs(["stddef.h", "linux/types.h", "scsi/sg.h"], "sg_scsi_id sg_req_info"),
    ...structs("linux/input.h", "input_id"),
    ...structs("linux/kvm.h", "kvm_userspace_memory_region"),
    ...structs(
      "mtd/mtd-abi.h",
      "erase_info_user erase_info_user64 mtd_info_user region_info_user otp_info mtd_oob_buf mtd_oob_buf64 mtd_ecc_stats",
    ),
    ...structs("mtd/ubi-user.h", "ubi_attach_req ubi_rsvol_req"),
    ...structs(
      "linux/btrfs.h",
      "btrfs_ioctl_vol_args btrfs_ioctl_defrag_range_args btrfs_ioctl_quota_ctl_args btrfs_ioctl_qgroup_assign_args btrfs_ioctl_qgroup_create_args btrfs_ioctl_quota_rescan_args",
    ),
    ...structs("linux/if.h", "ifmap"),
    ifreq: {
      headers: [],
      // the same bytes by the names the members' macros give them
      prelude: `struct address { char bytes[16]; };
        struct ifmap { unsigned long mem_start, mem_end; unsigned short base_addr; unsigned char irq, dma, port; };
        struct ifreq_ { char ifr_name[16]; union { int ifr_ifindex, ifr_metric, ifr_mtu, ifr_qlen; short ifr_flags;
          char ifr_slave[16], ifr_newname[16]; struct ifmap ifr_map;
          struct address ifr_addr, ifr_dstaddr, ifr_broadaddr, ifr_netmask, ifr_hwaddr; }; };`,
      type: "struct ifreq_",
    },
    ifconf: {
      headers: [],
      prelude: "struct ifconf_ { int ifc_len; void *ifc_buf; };",
      type: "struct ifconf_",
    },
  },
};
