/** Sets of descriptors and what became of them: poll, select, epoll. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { addHi, addLo, sigsetText } from "../pointers.ts";
import { pointerWalker, registerAux, registerValue } from "../walker.ts";

const POLLFD = 8;
const POLLFDS_MAX = 4096;

function fdItem(c: Context, fd: number): void {
  c.sink.fd(fd, fd < 0 ? undefined : c.options.fdText?.(c.task.tid, fd));
}

registerValue("pollfds", () =>
  pointerWalker((c, lo, hi) => {
    const count = c.argLo(1);
    if (count === 0 && !(lo === 0 && hi === 0)) {
      c.sink.openArray();
      c.sink.closeArray();
      return;
    }
    const shown = c.verbose ? Math.min(count, POLLFDS_MAX) : Math.min(count, c.options.stringLimit);
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, shown * POLLFD);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    for (let i = 0; i < shown; i++) {
      const fd = c.memory.view.getInt32(at + i * POLLFD, true);
      c.sink.item();
      c.sink.openStruct();
      c.sink.field("fd");
      fdItem(c, fd);
      if (fd >= 0) {
        c.sink.field("events");
        printFlags(c, F.poll_events, c.memory.view.getUint16(at + i * POLLFD + 4, true));
      }
      c.sink.closeStruct();
    }
    if (shown < count) {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeArray();
  }),
);

/** `[{fd=3, revents=POLLIN}]` of the descriptors that are ready; `Timeout` when none is. */
function pollResult(c: Context): boolean {
  if (c.call.error) return false;
  if (c.ret === 0) {
    c.sink.word("Timeout");
    return false;
  }
  const count = Math.min(c.argLo(1), POLLFDS_MAX);
  const at = c.memory.readAll(c.argLo(0), c.argHi(0), count * POLLFD);
  if (at < 0) return false;
  let shown = 0;
  c.sink.openArray();
  for (let i = 0; i < count; i++) {
    const v = c.memory.view;
    const revents = v.getUint16(at + i * POLLFD + 6, true);
    if (revents === 0) continue;
    c.sink.item();
    if (!c.verbose && shown++ >= c.options.stringLimit) {
      c.sink.more();
      break;
    }
    c.sink.openStruct();
    c.sink.field("fd");
    fdItem(c, v.getInt32(at + i * POLLFD, true));
    c.sink.field("revents");
    printFlags(c, F.poll_events, revents);
    c.sink.closeStruct();
  }
  c.sink.closeArray();
  return true;
}

registerAux("poll", (c) => void pollResult(c));
registerAux("ppoll", (c) => {
  if (pollResult(c)) timeLeft(c, 2, "tv_nsec", ", ");
});

/** `left {tv_sec=…}`: the kernel has updated the timeout. */
function timeLeft(c: Context, arg: number, fraction: string, separator: string): void {
  const lo = c.argLo(arg);
  const hi = c.argHi(arg);
  const size = c.call.name.endsWith("_time64") ? 8 : c.wordSize;
  const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 2 * size);
  if (at < 0) return;
  c.wordAt(at);
  const sec = c.wordLo;
  c.wordAt(at + size);
  c.sink.word(`${separator}left {tv_sec=${sec}, ${fraction}=${c.wordLo}}`);
}

function setMembers(c: Context, lo: number, hi: number, nfds: number): number[] | undefined {
  if ((lo === 0 && hi === 0) || nfds < 0) return undefined;
  const word = c.wordSize;
  const bytes = Math.ceil(Math.min(Math.max(nfds, 0), 1024 * 1024) / (8 * word)) * word;
  if (bytes === 0) return [];
  const at = c.memory.readAll(lo, hi, bytes);
  if (at < 0) return undefined;
  const members: number[] = [];
  for (let i = 0; i < nfds; i++) if (c.memory.bytes[at + (i >> 3)] & (1 << (i & 7))) members.push(i);
  return members;
}

function setText(c: Context, members: readonly number[]): string {
  const names = members.map((fd) => {
    const text = c.options.fdText?.(c.task.tid, fd);
    return text === undefined ? String(fd) : `${fd}<${text}>`;
  });
  return `[${names.join(" ")}]`;
}

registerValue("fd_set", () =>
  pointerWalker((c, lo, hi) => {
    const members = setMembers(c, lo, hi, c.argLo(0) | 0);
    if (members) c.sink.word(setText(c, members));
    else c.sink.addr(lo, hi);
  }),
);

function selectResult(c: Context, fraction: string): void {
  if (c.call.error) return;
  if (c.ret === 0) {
    c.sink.word("Timeout");
    return;
  }
  const parts: string[] = [];
  for (const [i, name] of ["in", "out", "except"].entries()) {
    const members = setMembers(c, c.argLo(i + 1), c.argHi(i + 1), c.argLo(0) | 0);
    if (members && members.length > 0) parts.push(`${name} ${setText(c, members)}`);
  }
  c.sink.word(parts.join(", "));
  timeLeft(c, 4, fraction, parts.length > 0 ? ", " : "");
}

registerAux("select", (c) => selectResult(c, "tv_usec"));
registerAux("pselect", (c) => selectResult(c, "tv_nsec"));

/** pselect6's last argument: a pointer to a pointer to a set, and its size. */
registerValue("pselect_mask", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 2 * word);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.wordAt(at);
    const [maskLo, maskHi] = [c.wordLo, c.wordHi];
    c.wordAt(at + word);
    const size = c.wordLo;
    const mask = maskLo === 0 && maskHi === 0 ? -1 : c.memory.readAll(maskLo, maskHi, 8);
    c.sink.openStruct();
    c.sink.field("sigmask");
    if (mask < 0) c.sink.addr(maskLo, maskHi);
    else c.sink.word(sigsetText(c, mask, 8));
    c.sink.field("sigsetsize");
    c.sink.num(size);
    c.sink.closeStruct();
  }),
);

/** struct epoll_event is packed on x86: 4 bytes of events, 8 of data. */
const EPOLL_EVENT = 12;

function epollEvent(c: Context, at: number): void {
  const v = c.memory.view;
  const lo = v.getUint32(at + 4, true);
  c.sink.openStruct();
  c.sink.field("events");
  printFlags(c, F.epoll_events, v.getUint32(at, true));
  c.sink.field("data");
  c.sink.openStruct();
  c.sink.field("u32");
  c.sink.num(lo);
  c.sink.field("u64");
  c.sink.ulong(lo, v.getUint32(at + 8, true));
  c.sink.closeStruct();
  c.sink.closeStruct();
}

const EPOLL_CTL_DEL = 2;
registerValue("epoll_ctl_event", () =>
  pointerWalker((c, lo, hi) => {
    const at =
      (lo === 0 && hi === 0) || c.argLo(1) === EPOLL_CTL_DEL ? -1 : c.memory.readAll(lo, hi, EPOLL_EVENT);
    if (at < 0) c.sink.addr(lo, hi);
    else epollEvent(c, at);
  }),
);

registerValue("epoll_events", () =>
  pointerWalker((c, lo, hi) => {
    if (c.call.error || (lo === 0 && hi === 0)) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    for (let i = 0; i < c.ret; i++) {
      c.sink.item();
      if (!c.verbose && i >= c.options.stringLimit) {
        c.sink.more();
        break;
      }
      const at = c.memory.readAll(addLo(lo, i * EPOLL_EVENT), addHi(lo, hi, i * EPOLL_EVENT), EPOLL_EVENT);
      if (at < 0) c.sink.more();
      else epollEvent(c, at);
    }
    c.sink.closeArray();
  }),
);
