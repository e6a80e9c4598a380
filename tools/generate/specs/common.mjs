/** Flag sets and structs that several families use. */
/** x32 has 64 bits where the kernel's own long is meant. */
const long = ["linux/posix_types.h"];
const timespec = "struct timespec_ { __kernel_long_t tv_sec, tv_nsec; };";
export default {
  sets: {
    seek_whence: {
      headers: ["linux/fs.h"],
      names: ["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"],
      fallback: "SEEK_???",
    },
    clone_flags: {
      headers: ["linux/sched.h"],
      names: [
        "CLONE_VM",
        "CLONE_FS",
        "CLONE_FILES",
        "CLONE_SIGHAND",
        "CLONE_PIDFD",
        "CLONE_PTRACE",
        "CLONE_VFORK",
        "CLONE_PARENT",
        "CLONE_THREAD",
        "CLONE_NEWNS",
        "CLONE_SYSVSEM",
        "CLONE_SETTLS",
        "CLONE_PARENT_SETTID",
        "CLONE_CHILD_CLEARTID",
        "CLONE_UNTRACED",
        "CLONE_CHILD_SETTID",
        "CLONE_NEWCGROUP",
        "CLONE_NEWUTS",
        "CLONE_NEWIPC",
        "CLONE_NEWUSER",
        "CLONE_NEWPID",
        "CLONE_NEWNET",
        "CLONE_IO",
        "CLONE_NEWTIME",
      ],
      fallback: "CLONE_???",
    },
  },
  structs: {
    timespec: { headers: long, prelude: timespec, type: "struct timespec_" },
    timeval: {
      headers: long,
      prelude: "struct timeval_ { __kernel_long_t tv_sec, tv_usec; };",
      type: "struct timeval_",
    },
    itimerspec: {
      headers: long,
      prelude: `${timespec} struct its_ { struct timespec_ it_interval, it_value; };`,
      type: "struct its_",
    },
    itimerval: {
      headers: long,
      prelude:
        "struct tv_ { __kernel_long_t tv_sec, tv_usec; }; struct itv_ { struct tv_ it_interval, it_value; };",
      type: "struct itv_",
    },
    timezone: { headers: ["linux/time.h"] },
    rlimit64: { headers: ["linux/resource.h"] },
    rusage: { headers: ["linux/resource.h"] },
    iovec: { headers: ["linux/uio.h"] },
    clone_args: { headers: ["linux/sched.h"] },
    utsname: { headers: ["linux/utsname.h"], type: "struct new_utsname" },
    tms: { headers: ["linux/times.h"] },
    sysinfo: { headers: ["linux/sysinfo.h"] },
    timex: { headers: ["linux/time_types.h", "linux/timex.h"] },
    stat: { headers: ["asm/stat.h"] },
    statx: { headers: ["linux/stat.h"] },
    statx_timestamp: { headers: ["linux/stat.h"] },
  },
};
