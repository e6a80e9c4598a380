/** Clocks, sleeps and timers. */
import * as F from "../../abi/flags.ts";
import {
  call,
  family,
  fd,
  flags,
  inout,
  int,
  long,
  oneOf,
  out,
  ptr,
  special,
  struct,
  time,
  uint,
  ulong,
} from "../types/build.ts";

const timespec = struct("timespec", { tv_sec: long, tv_nsec: ulong });
const ticks = special("ticks");
const timeval = struct("timeval", { tv_sec: long, tv_usec: ulong });
const itimerspec = struct("itimerspec", { it_interval: timespec, it_value: timespec });
const itimerval = struct("itimerval", { it_interval: timeval, it_value: timeval });
const timezone = struct("timezone", { tz_minuteswest: int, tz_dsttime: int });
const timex = struct("timex", {
  modes: flags(F.adjtimex_modes),
  offset: long,
  freq: long,
  maxerror: long,
  esterror: long,
  status: flags(F.adjtimex_status),
  constant: long,
  precision: long,
  tolerance: long,
  time: timeval,
  tick: long,
  ppsfreq: long,
  jitter: long,
  shift: int,
  stabil: long,
  jitcnt: long,
  calcnt: long,
  errcnt: long,
  stbcnt: long,
  tai: int,
});
const clock = oneOf(F.clock_ids);

export const times = family({
  time: call({ tloc: out(ptr(time)) }, { ret: "long", classes: "clock", aux: "time_result" }),
  gettimeofday: call({ tv: out(ptr(timeval)), tz: out(ptr(timezone)) }, { classes: "clock" }),
  settimeofday: call({ tv: ptr(timeval), tz: ptr(timezone) }, { classes: "clock" }),
  clock_gettime: call({ clockid: clock, tp: out(ptr(timespec)) }, { classes: "clock" }),
  clock_settime: call({ clockid: clock, tp: ptr(timespec) }, { classes: "clock" }),
  clock_getres: call({ clockid: clock, res: out(ptr(timespec)) }, { classes: "clock" }),
  clock_nanosleep: call(
    {
      clockid: clock,
      flags: flags(F.timer_flags),
      request: ptr(timespec),
      remain: out(special("remaining", 16)),
    },
    { wait: "sleep" },
  ),
  nanosleep: call({ req: ptr(timespec), rem: out(special("remaining", 16)) }, { wait: "sleep" }),
  alarm: call({ seconds: uint }),
  getitimer: call({ which: oneOf(F.itimer_which), curr_value: out(ptr(itimerval)) }),
  setitimer: call({
    which: oneOf(F.itimer_which),
    new_value: ptr(itimerval),
    old_value: out(ptr(itimerval)),
  }),
  timer_create: call({ clockid: clock, sevp: special("sigevent", 64), timerid: out(ptr(int)) }),
  timer_settime: call({
    timerid: int,
    flags: flags(F.timer_flags),
    new_value: ptr(itimerspec),
    old_value: out(ptr(itimerspec)),
  }),
  timer_gettime: call({ timerid: int, curr_value: out(ptr(itimerspec)) }),
  timer_getoverrun: call({ timerid: int }),
  timer_delete: call({ timerid: int }),
  timerfd_create: call({ clockid: clock, flags: flags(F.timerfd_flags) }, { ret: "fd", classes: "desc" }),
  timerfd_settime: call(
    {
      fd,
      flags: flags(F.timerfd_settime_flags),
      new_value: ptr(itimerspec),
      old_value: out(ptr(itimerspec)),
    },
    { classes: "desc" },
  ),
  timerfd_gettime: call({ fd, curr_value: out(ptr(itimerspec)) }, { classes: "desc" }),
  adjtimex: call({ buf: inout(ptr(timex)) }, { classes: "clock", aux: "adjtimex_state" }),
  clock_adjtime: call({ clk_id: clock, buf: inout(ptr(timex)) }, { classes: "clock", aux: "adjtimex_state" }),
  times: call(
    {
      buf: out(
        ptr(struct("tms", { tms_utime: ticks, tms_stime: ticks, tms_cutime: ticks, tms_cstime: ticks })),
      ),
    },
    { ret: "long" },
  ),
});
