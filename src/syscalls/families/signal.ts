/** Signals: rt_sigaction(2), rt_sigprocmask(2), signalfd(2) … */
import * as F from "../../abi/flags.ts";
import {
  call,
  family,
  fd,
  flags,
  long,
  oneOf,
  out,
  pid,
  ptr,
  signal,
  sigset,
  size_t,
  special,
  struct,
  ulong,
} from "../types/build.ts";

const timespec = ptr(struct("timespec", { tv_sec: long, tv_nsec: ulong }));

export const signals = family({
  rt_sigaction: call(
    {
      signum: signal,
      act: special("sigaction", 88),
      oldact: out(special("sigaction", 88)),
      sigsetsize: size_t,
    },
    { classes: "signal" },
  ),
  rt_sigprocmask: call(
    {
      how: oneOf(F.sigprocmask_how),
      set: sigset("sigsetsize"),
      oldset: out(sigset("sigsetsize")),
      sigsetsize: size_t,
    },
    { classes: "signal" },
  ),
  rt_sigreturn: call({}, { ret: "long", classes: "signal", special: "rt_sigreturn" }),
  rt_sigpending: call({ set: out(sigset("sigsetsize", 1)), sigsetsize: size_t }, { classes: "signal" }),
  rt_sigtimedwait: call(
    { set: sigset("sigsetsize"), info: out(special("siginfo", 128)), timeout: timespec, sigsetsize: size_t },
    { classes: "signal", wait: "sleep", aux: "signal_result" },
  ),
  rt_sigqueueinfo: call(
    { tgid: pid, sig: signal, info: special("siginfo", 128) },
    { classes: "signal process" },
  ),
  rt_tgsigqueueinfo: call(
    { tgid: pid, tid: pid, sig: signal, info: special("siginfo", 128) },
    { classes: "signal process" },
  ),
  rt_sigsuspend: call(
    { mask: sigset("sigsetsize"), sigsetsize: size_t },
    { classes: "signal", wait: "sleep" },
  ),
  sigaltstack: call(
    { ss: special("stack_t", 24), old_ss: out(special("stack_t", 24)) },
    { classes: "signal" },
  ),
  pause: call({}, { classes: "signal", wait: "sleep" }),
  signalfd: call({ fd, mask: sigset("sizemask"), sizemask: size_t }, { ret: "fd", classes: "desc signal" }),
  signalfd4: call(
    { fd, mask: sigset("sizemask"), sizemask: size_t, flags: flags(F.signalfd_flags) },
    { ret: "fd", classes: "desc signal" },
  ),
  restart_syscall: call({}, { ret: "long", special: "restart_syscall" }),
});
