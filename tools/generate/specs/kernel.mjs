/** Flag sets and structs of keyctl(2), kcmp(2), landlock(7), reboot(2), kexec_load(2), ptrace(2)'s options. */
const names = (fallback, header, text) => ({ headers: [header], names: text.split(" "), fallback });
const prefix = (fallback, header, start, exclude) => ({
  headers: [header],
  prefix: start,
  exclude,
  fallback,
});
const count = (fallback, text, first = 0) => ({
  headers: [],
  names: [],
  fallback,
  extra: Object.fromEntries(text.split(" ").map((name, i) => [name, first + i])),
});

export default {
  sets: {
    socketcalls: count(
      "SYS_???",
      "SYS_SOCKET SYS_BIND SYS_CONNECT SYS_LISTEN SYS_ACCEPT SYS_GETSOCKNAME SYS_GETPEERNAME SYS_SOCKETPAIR SYS_SEND SYS_RECV SYS_SENDTO SYS_RECVFROM SYS_SHUTDOWN SYS_SETSOCKOPT SYS_GETSOCKOPT SYS_SENDMSG SYS_RECVMSG SYS_ACCEPT4 SYS_RECVMMSG SYS_SENDMMSG",
      1,
    ),
    keyctl_commands: count(
      "KEYCTL_???",
      "KEYCTL_GET_KEYRING_ID KEYCTL_JOIN_SESSION_KEYRING KEYCTL_UPDATE KEYCTL_REVOKE KEYCTL_CHOWN KEYCTL_SETPERM KEYCTL_DESCRIBE KEYCTL_CLEAR KEYCTL_LINK KEYCTL_UNLINK KEYCTL_SEARCH KEYCTL_READ KEYCTL_INSTANTIATE KEYCTL_NEGATE KEYCTL_SET_REQKEY_KEYRING KEYCTL_SET_TIMEOUT KEYCTL_ASSUME_AUTHORITY KEYCTL_GET_SECURITY KEYCTL_SESSION_TO_PARENT KEYCTL_REJECT KEYCTL_INSTANTIATE_IOV KEYCTL_INVALIDATE KEYCTL_GET_PERSISTENT KEYCTL_DH_COMPUTE KEYCTL_PKEY_QUERY KEYCTL_PKEY_ENCRYPT KEYCTL_PKEY_DECRYPT KEYCTL_PKEY_SIGN KEYCTL_PKEY_VERIFY KEYCTL_RESTRICT_KEYRING KEYCTL_MOVE KEYCTL_CAPABILITIES KEYCTL_WATCH_KEY",
    ),
    key_default_keyrings: {
      ...prefix("KEY_REQKEY_DEFL_???", "linux/keyctl.h", "KEY_REQKEY_DEFL_"),
    },
    key_move_flags: names("KEYCTL_MOVE_???", "linux/keyctl.h", "KEYCTL_MOVE_EXCL"),
    key_permissions: {
      headers: [],
      names: [],
      fallback: "KEY_???",
      extra: Object.fromEntries(
        ["POS", "USR", "GRP", "OTH"].flatMap((who, i) =>
          ["VIEW", "READ", "WRITE", "SEARCH", "LINK", "SETATTR"].map((what, bit) => [
            `KEY_${who}_${what}`,
            2 ** (8 * (3 - i) + bit),
          ]),
        ),
      ),
    },
    personalities: { headers: ["linux/personality.h"], enumOf: "PER_LINUX", fallback: "PER_???" },
    log_levels: count(
      "LOGLEVEL_???",
      "LOGLEVEL_EMERG LOGLEVEL_ALERT LOGLEVEL_CRIT LOGLEVEL_ERR LOGLEVEL_WARNING LOGLEVEL_NOTICE LOGLEVEL_INFO LOGLEVEL_DEBUG",
    ),
    kcmp_types: count(
      "KCMP_???",
      "KCMP_FILE KCMP_VM KCMP_FILES KCMP_FS KCMP_SIGHAND KCMP_IO KCMP_SYSVSEM KCMP_EPOLL_TFD",
    ),
    landlock_rules: {
      headers: [],
      names: [],
      fallback: "LANDLOCK_RULE_???",
      extra: { LANDLOCK_RULE_PATH_BENEATH: 1 },
    },
    landlock_ruleset_flags: names(
      "LANDLOCK_CREATE_RULESET_???",
      "linux/landlock.h",
      "LANDLOCK_CREATE_RULESET_VERSION",
    ),
    landlock_fs_access: prefix("LANDLOCK_ACCESS_FS_???", "linux/landlock.h", "LANDLOCK_ACCESS_FS_"),
    reboot_magic: names("LINUX_REBOOT_MAGIC_???", "linux/reboot.h", "LINUX_REBOOT_MAGIC1"),
    reboot_magic2: names(
      "LINUX_REBOOT_MAGIC_???",
      "linux/reboot.h",
      "LINUX_REBOOT_MAGIC2 LINUX_REBOOT_MAGIC2A LINUX_REBOOT_MAGIC2B LINUX_REBOOT_MAGIC2C",
    ),
    reboot_commands: prefix("LINUX_REBOOT_CMD_???", "linux/reboot.h", "LINUX_REBOOT_CMD_"),
    kexec_file_flags: names(
      "KEXEC_FILE_???",
      "linux/kexec.h",
      "KEXEC_FILE_UNLOAD KEXEC_FILE_ON_CRASH KEXEC_FILE_NO_INITRAMFS",
    ),
    kexec_flags: names("KEXEC_???", "linux/kexec.h", "KEXEC_ON_CRASH KEXEC_PRESERVE_CONTEXT"),
    kexec_arches: prefix("KEXEC_ARCH_???", "linux/kexec.h", "KEXEC_ARCH_", /MASK/),
    ptrace_options: names(
      "PTRACE_O_???",
      "linux/ptrace.h",
      "PTRACE_O_TRACESYSGOOD PTRACE_O_TRACEFORK PTRACE_O_TRACEVFORK PTRACE_O_TRACECLONE PTRACE_O_TRACEEXEC PTRACE_O_TRACEVFORKDONE PTRACE_O_TRACEEXIT PTRACE_O_TRACESECCOMP PTRACE_O_EXITKILL PTRACE_O_SUSPEND_SECCOMP",
    ),
    namespace_flags: names(
      "CLONE_NEW???",
      "linux/sched.h",
      "CLONE_NEWTIME CLONE_NEWNS CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET",
    ),
    unshare_flags: names(
      "CLONE_???",
      "linux/sched.h",
      "CLONE_NEWTIME CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_THREAD CLONE_NEWNS CLONE_SYSVSEM CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET",
    ),
    seccomp_filter_flags: names(
      "SECCOMP_FILTER_FLAG_???",
      "linux/seccomp.h",
      "SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW SECCOMP_FILTER_FLAG_NEW_LISTENER SECCOMP_FILTER_FLAG_TSYNC_ESRCH SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ),
  },
  structs: {
    // 64-bit times whatever the ABI (linux/time_types.h)
    timespec64: { headers: ["linux/time_types.h"], type: "struct __kernel_timespec" },
    timex64: { headers: ["linux/time_types.h", "linux/timex.h"], type: "struct __kernel_timex" },
    timeval64: {
      headers: ["linux/time_types.h", "linux/timex.h"],
      type: "struct __kernel_timex_timeval",
    },
    oldstat: { headers: ["asm/stat.h"], type: "struct __old_kernel_stat" },
    itimerspec64: { headers: ["linux/time_types.h"], type: "struct __kernel_itimerspec" },
    landlock_ruleset_attr: { headers: ["linux/landlock.h"] },
    landlock_path_beneath_attr: { headers: ["linux/landlock.h"] },
    keyctl_dh_params: {
      headers: [],
      prelude: "struct dh { int private, prime, base; };",
      type: "struct dh",
    },
    seccomp_notif_sizes: { headers: ["linux/seccomp.h"] },
  },
};
