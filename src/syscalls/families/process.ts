/** Processes: clone(2), wait4(2), kill(2), prctl(2), resource limits and scheduling. */
import * as F from "../../abi/flags.ts";
import {
  addr,
  byArg,
  call,
  cstring,
  family,
  fd,
  flags,
  flags64,
  hex,
  inout,
  int,
  long,
  oneOf,
  oneOf64,
  out,
  path,
  pid,
  ptr,
  returned,
  signal,
  special,
  struct,
  uint,
  ulong,
  when,
} from "../types/build.ts";

const rlimit = struct("rlimit64", { rlim_cur: special("rlim"), rlim_max: special("rlim") });
const timeval = struct("timeval", { tv_sec: long, tv_usec: ulong });
export const rusage = struct(
  "rusage",
  {
    ru_utime: timeval,
    ru_stime: timeval,
    ru_maxrss: ulong,
    ru_ixrss: ulong,
    ru_idrss: ulong,
    ru_isrss: ulong,
    ru_minflt: ulong,
    ru_majflt: ulong,
    ru_nswap: ulong,
    ru_inblock: ulong,
    ru_oublock: ulong,
    ru_msgsnd: ulong,
    ru_msgrcv: ulong,
    ru_nsignals: ulong,
    ru_nvcsw: ulong,
    ru_nivcsw: ulong,
  },
  ["ru_utime", "ru_stime"],
);
const schedParam = ptr(special("sched_param"));

const logAction = special("log_action");

export const process = family({
  fork: call({}, { ret: "pid", classes: "process" }),
  vfork: call({}, { ret: "pid", classes: "process", wait: "child" }),
  clone: call(
    { flags: hex, stack: addr, parent_tid: addr, child_tid: addr, tls: addr },
    { ret: "pid", classes: "process", special: "clone" },
  ),
  clone3: call({ cl_args: addr, size: ulong }, { ret: "pid", classes: "process", special: "clone3" }),
  exit: call({ status: int }, { ret: "none", classes: "process" }),
  exit_group: call({ status: int }, { ret: "none", classes: "process" }),
  wait4: call(
    {
      pid,
      wstatus: out(special("wstatus", 4)),
      options: flags(F.wait4_options),
      rusage: out(special("wait_rusage", 144)),
    },
    { ret: "pid", classes: "process", wait: "child" },
  ),
  waitid: call(
    {
      idtype: oneOf(F.waitid_types),
      id: byArg(
        "idtype",
        [
          [3, fd],
          [1, pid],
        ],
        int,
      ),
      infop: out(special("siginfo", 128)),
      options: flags(F.wait4_options),
      rusage: out(ptr(rusage)),
    },
    { classes: "process", wait: "child" },
  ),
  getpid: call({}, { ret: "pid", classes: "pure" }),
  getppid: call({}, { ret: "pid", classes: "pure" }),
  gettid: call({}, { ret: "pid", classes: "pure" }),
  // process groups and sessions are no processes, which have names
  getpgrp: call({}, { classes: "pure" }),
  getpgid: call({ pid }),
  setpgid: call({ pid, pgid: int }),
  getsid: call({ pid }),
  setsid: call({}),
  set_tid_address: call({ tidptr: hex }),
  kill: call({ pid, sig: signal }, { classes: "signal process" }),
  tkill: call({ tid: pid, sig: signal }, { classes: "signal process" }),
  tgkill: call({ tgid: pid, tid: pid, sig: signal }, { classes: "signal process" }),
  ptrace: call(
    { request: oneOf64(F.ptrace_requests), pid, addr, data: inout(special("siginfo", 128)) },
    {
      ret: "long",
      special: "ptrace",
      // what PTRACE_PEEKTEXT, PTRACE_PEEKDATA and PTRACE_PEEKUSER read
      variants: {
        by: "request",
        cases: [1, 2, 3].map(
          (n) => [n, { request: oneOf64(F.ptrace_requests), pid, addr, data: out(ptr(ulong)) }] as const,
        ),
      },
    },
  ),
  arch_prctl: call(
    { op: oneOf(F.arch_prctl_ops), addr: special("arch_prctl_arg") },
    {
      // ARCH_REQ_XCOMP_PERM and ARCH_REQ_XCOMP_GUEST_PERM
      retBy: { by: "op", cases: [0x1023, 0x1025].map((op) => [op, "hex"] as const) },
      aux: "arch_prctl_result",
      variants: {
        by: "op",
        cases: [
          ...[0x1003, 0x1004, 0x1021, 0x1022, 0x1024].map(
            (op) => [op, { op: oneOf(F.arch_prctl_ops), addr: out(special("arch_prctl_arg", 8)) }] as const,
          ),
          // ARCH_GET_CPUID
          [0x1011, { op: oneOf(F.arch_prctl_ops) }],
        ],
      },
    },
  ),
  getrlimit: call({ resource: oneOf(F.rlimit_resources), rlim: out(ptr(rlimit)) }),
  setrlimit: call({ resource: oneOf(F.rlimit_resources), rlim: ptr(rlimit) }),
  prlimit64: call({
    pid,
    resource: oneOf(F.rlimit_resources),
    new_limit: ptr(rlimit),
    old_limit: out(ptr(rlimit)),
  }),
  getrusage: call({ who: oneOf(F.rusage_who), usage: out(ptr(rusage)) }),
  getpriority: call({ which: oneOf(F.priority_which), who: byArg("which", [[0, pid]], int) }),
  setpriority: call({ which: oneOf(F.priority_which), who: byArg("which", [[0, pid]], int), prio: int }),
  sched_yield: call({}),
  sched_setparam: call({ pid, param: schedParam }),
  sched_getparam: call({ pid, param: out(schedParam) }),
  sched_setscheduler: call({ pid, policy: flags(F.sched_flags, F.sched_policies), param: schedParam }),
  sched_getscheduler: call({ pid }, { aux: "sched_policy" }),
  sched_get_priority_max: call({ policy: oneOf(F.sched_policies) }),
  sched_get_priority_min: call({ policy: oneOf(F.sched_policies) }),
  sched_rr_get_interval: call({ pid, tp: out(ptr(struct("timespec", { tv_sec: long, tv_nsec: ulong }))) }),
  sched_setaffinity: call({ pid, cpusetsize: uint, mask: special("cpuset_in", 128) }),
  sched_getaffinity: call({ pid, cpusetsize: uint, mask: out(special("cpuset_out", 128)) }, { ret: "int" }),
  sched_setattr: call({ pid, attr: inout(special("sched_attr_in", 56)), flags: uint }),
  sched_getattr: call({ pid, attr: out(special("sched_attr_out", 56)), size: uint, flags: uint }),
  ioprio_set: call({
    which: oneOf(F.ioprio_which),
    who: byArg("which", [[1, pid]], int),
    ioprio: special("ioprio"),
  }),
  ioprio_get: call({ which: oneOf(F.ioprio_which), who: byArg("which", [[1, pid]], int) }, { aux: "ioprio" }),
  getcpu: call({ cpu: out(ptr(uint)), node: out(ptr(uint)), tcache: addr }),
  rseq: call({ rseq: hex, rseq_len: hex, flags: hex, sig: hex }),
  setns: call({ fd: fd, nstype: flags(F.namespace_flags) }, { classes: "desc" }),
  unshare: call({ flags: flags64(F.unshare_flags) }),
  personality: call({ persona: special("personality") }, { ret: "hex", aux: "personality" }),
  acct: call({ filename: path }, { classes: "file" }),
  modify_ldt: call({ func: int, ptr: special("user_desc_sized", 16), bytecount: ulong }),
  set_thread_area: call({ u_info: special("user_desc", 16) }, { aux: "user_desc" }),
  get_thread_area: call({ u_info: out(special("user_desc_asked", 16)) }),
  iopl: call({ level: int }),
  ioperm: call({ from: hex, num: hex, turn_on: int }),
  reboot: call({
    magic: oneOf(F.reboot_magic),
    magic2: oneOf(F.reboot_magic2),
    op: oneOf(F.reboot_commands),
    arg: when("op", 0xffffffff, cstring, [0xa1b2c3d4 | 0]),
  }),
  sethostname: call({ name: special("host_name", 65), len: uint }),
  setdomainname: call({ name: special("host_name", 65), len: uint }),
  syslog: call(
    { type: logAction, bufp: addr, len: int },
    {
      variants: {
        by: "type",
        cases: [
          ...[0, 1, 5, 6, 7, 9, 10].map((type) => [type, { type: logAction }] as const),
          ...[2, 3, 4].map((type) => [type, { type: logAction, bufp: out(returned()), len: int }] as const),
          [8, { type: logAction, bufp: addr, len: special("log_level") }],
        ],
      },
    },
  ),
  vhangup: call({}),
  uselib: call({ library: path }, { classes: "file" }),
  _sysctl: call({ args: addr }),
  getpmsg: call({ arg1: hex, arg2: hex, arg3: hex, arg4: hex, arg5: hex }, { classes: "network" }),
  putpmsg: call({ arg1: hex, arg2: hex, arg3: hex, arg4: hex, arg5: hex }, { classes: "network" }),
  afs_syscall: call({ arg1: hex, arg2: hex, arg3: hex, arg4: hex, arg5: hex }),
  tuxcall: call({ arg1: hex, arg2: hex, arg3: hex }),
  security: call({ arg1: hex, arg2: hex, arg3: hex }),
  vserver: call({ arg1: hex, arg2: hex, arg3: hex, arg4: hex, arg5: hex }),
  uretprobe: call({}),
  uprobe: call({}),
});
