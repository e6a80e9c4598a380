/**
 * Calls of 32-bit x86 that are others' under a second name: with 32-bit ids, with 64-bit times
 * (arch/x86/entry/syscalls/syscall_32.tbl).
 */
import * as F from "../../abi/flags.ts";
import { call, family, flags, hex, int, out, pid, special } from "../types/build.ts";
import type { Arg, Descriptor, Type } from "../types/types.ts";
import { aios } from "./aio.ts";
import { identity } from "./identity.ts";
import { sockets } from "./network.ts";
import { process } from "./process.ts";
import { signals } from "./signal.ts";
import { sync } from "./sync.ts";
import { times } from "./time.ts";
import { waiting } from "./waiting.ts";

const sources = [...aios, ...identity, ...process, ...signals, ...sockets, ...sync, ...times, ...waiting];

function source(name: string): Descriptor {
  const found = sources.find((d) => d.name === name);
  if (!found) throw new Error(`no call ${name} to rename`);
  return found;
}

const wide: Readonly<Record<string, string>> = {
  timespec: "timespec64",
  itimerspec: "itimerspec64",
  timex: "timex64",
  timeval: "timeval64",
};

/** The same type with 64-bit times. */
function widened(type: Type): Type {
  switch (type.kind) {
    case "pointer":
      return { ...type, to: widened(type.to) };
    case "optional":
      return { ...type, of: widened(type.of) };
    case "struct": {
      const fields = Object.entries(type.fields).map(([name, t]) => [name, widened(t)] as const);
      return { ...type, layout: wide[type.layout] ?? type.layout, fields: Object.fromEntries(fields) };
    }
    default:
      return type;
  }
}

const widenedArgs = (args: readonly Arg[]): Arg[] => args.map((a) => ({ ...a, type: widened(a.type) }));

function withWideTimes(name: string, from: string): Descriptor {
  const d = source(from);
  const cases = d.variants && new Map([...d.variants.cases].map(([key, args]) => [key, widenedArgs(args)]));
  return {
    ...d,
    name,
    args: widenedArgs(d.args),
    variants: d.variants && cases && { ...d.variants, cases },
  };
}

const wideTimes: Readonly<Record<string, string>> = {
  clock_gettime64: "clock_gettime",
  clock_settime64: "clock_settime",
  clock_adjtime64: "clock_adjtime",
  clock_getres_time64: "clock_getres",
  clock_nanosleep_time64: "clock_nanosleep",
  timer_gettime64: "timer_gettime",
  timer_settime64: "timer_settime",
  timerfd_gettime64: "timerfd_gettime",
  timerfd_settime64: "timerfd_settime",
  ppoll_time64: "ppoll",
  pselect6_time64: "pselect6",
  io_pgetevents_time64: "io_pgetevents",
  recvmmsg_time64: "recvmmsg",
  mq_timedsend_time64: "mq_timedsend",
  mq_timedreceive_time64: "mq_timedreceive",
  semtimedop_time64: "semtimedop",
  rt_sigtimedwait_time64: "rt_sigtimedwait",
  futex_time64: "futex",
  sched_rr_get_interval_time64: "sched_rr_get_interval",
  // calls that never had 32-bit times
  epoll_pwait2: "epoll_pwait2",
  futex_waitv: "futex_waitv",
  futex_wait: "futex_wait",
};

const wideIds =
  "getuid getgid geteuid getegid setreuid setregid getgroups setgroups setresuid getresuid setresgid getresgid setuid setgid setfsuid setfsgid".split(
    " ",
  );

export const renamed: readonly Descriptor[] = [
  ...Object.entries(wideTimes).map(([name, from]) => withWideTimes(name, from)),
  ...wideIds.map((name) => ({ ...source(name), name: `${name}32` })),
  { ...source("select"), name: "_newselect" },
  ...family({
    waitpid: call(
      { pid, wstatus: out(special("wstatus", 4)), options: flags(F.wait4_options) },
      { ret: "pid", classes: "process", wait: "child" },
    ),
    nice: call({ inc: int }),
    break: call({}),
    ftime: call({}),
    prof: call({}),
    lock: call({}),
    mpx: call({}),
    idle: call({}),
    stty: call({ arg1: hex, arg2: hex }),
    gtty: call({ arg1: hex, arg2: hex }),
    ulimit: call({ cmd: hex, newlimit: hex }),
    profil: call({ buf: hex, bufsiz: hex, offset: hex, scale: hex }),
    olduname: call({ buf: hex }),
    oldolduname: call({ buf: hex }),
    vm86old: call({ info: hex }),
    vm86: call({ arg1: hex, arg2: hex, arg3: hex, arg4: hex, arg5: hex }),
  }),
];
