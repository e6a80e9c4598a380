/** Waiting for descriptors: poll(2), select(2), epoll(7). */
import * as F from "../../abi/flags.ts";
import {
  call,
  family,
  fd,
  flags,
  int,
  long,
  oneOf,
  out,
  ptr,
  sigset,
  size_t,
  special,
  struct,
  uint,
  ulong,
} from "../types/build.ts";

const timespec = ptr(struct("timespec", { tv_sec: long, tv_nsec: ulong }));
const timeval = ptr(struct("timeval", { tv_sec: long, tv_usec: ulong }));
const poll = { classes: "desc", wait: "poll" } as const;
const set = special("fd_set", 128);

export const waiting = family({
  poll: call({ fds: special("pollfds"), nfds: uint, timeout: int }, { ...poll, aux: "poll" }),
  ppoll: call(
    {
      fds: special("pollfds"),
      nfds: uint,
      tmo_p: timespec,
      sigmask: sigset("sigsetsize"),
      sigsetsize: size_t,
    },
    { ...poll, aux: "ppoll" },
  ),
  select: call(
    { nfds: int, readfds: set, writefds: set, exceptfds: set, timeout: timeval },
    { ...poll, aux: "select" },
  ),
  pselect6: call(
    {
      nfds: int,
      readfds: set,
      writefds: set,
      exceptfds: set,
      timeout: timespec,
      sigmask: special("pselect_mask", 16),
    },
    { ...poll, aux: "pselect" },
  ),
  epoll_create: call({ size: int }, { ret: "fd", classes: "desc" }),
  epoll_create1: call({ flags: flags(F.epoll_flags) }, { ret: "fd", classes: "desc" }),
  epoll_ctl: call(
    { epfd: fd, op: oneOf(F.epoll_ops), fd, event: special("epoll_ctl_event", 12) },
    { classes: "desc" },
  ),
  epoll_wait: call({ epfd: fd, events: out(special("epoll_events")), maxevents: int, timeout: int }, poll),
  epoll_pwait: call(
    {
      epfd: fd,
      events: out(special("epoll_events")),
      maxevents: int,
      timeout: int,
      // strace shows what follows the events only if there are some
      sigmask: out(sigset("sigsetsize")),
      sigsetsize: size_t,
    },
    poll,
  ),
  epoll_pwait2: call(
    {
      epfd: fd,
      events: out(special("epoll_events")),
      maxevents: int,
      timeout: out(timespec),
      sigmask: out(sigset("sigsetsize")),
      sigsetsize: size_t,
    },
    poll,
  ),
});
