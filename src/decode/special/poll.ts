/** Sets of descriptors and what became of them: poll, select, epoll. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { flagNames, printFlags } from "../flags.ts";
import { addHi, addLo, printArray, sigsetText } from "../pointers.ts";
import type { ValueSink } from "../sink.ts";
import { pointerWalker, registerAux, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";
import { timeLeft } from "./timeouts.ts";

const POLLFD = 8;
const POLLFDS_MAX = 4096;

const pollfd: Walker = {
  size: () => POLLFD,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const fd = c.memory.view.getInt32(at, true);
    c.sink.openStruct();
    c.sink.field("fd");
    c.fd(fd);
    if (fd >= 0) {
      c.sink.field("events");
      printFlags(c, F.poll_events, c.memory.view.getUint16(at + 4, true));
    }
    c.sink.closeStruct();
  },
};
registerValue("pollfds", () =>
  pointerWalker((c, lo, hi) => {
    printArray(c, pollfd, lo, hi, Math.min(c.argLo(1), POLLFDS_MAX));
  }),
);

/** What came of poll(2): which descriptors are ready, or that none was. With `timeout`, also what is left of it. */
function pollResult(c: Context, timeout: number | undefined): void {
  if (c.call.error) return;
  if (c.ret === 0) {
    c.sink.word("Timeout");
    return;
  }
  const count = Math.min(c.argLo(1), POLLFDS_MAX);
  const [lo, hi] = [c.argLo(0), c.argHi(0)];
  if (count === 0 || (lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) return;
  const sink = c.sink as LineSink;
  const some = readyFds(c, sink, lo, hi, count);
  if (timeout === undefined) return;
  const before = sink.line;
  timeLeft(c, timeout, "tv_nsec", some ? ", " : "");
  if (sink.line.length > OUTCOME_TEXT) sink.line = `${before}, ...`;
}

type LineSink = ValueSink & { line: string };

/** Characters the list of ready descriptors may have, and all of it: strace makes it in a buffer. */
const READY_TEXT = 996;
const OUTCOME_TEXT = 1022;

/** `[{fd=3, revents=POLLIN}]`: by number alone, the arguments have their paths. Whether there was any. */
function readyFds(c: Context, sink: LineSink, lo: number, hi: number, count: number): boolean {
  let shown = 0;
  for (let i = 0; i < count; i++) {
    const [l, h] = [addLo(lo, i * POLLFD), addHi(lo, hi, i * POLLFD)];
    const at = c.memory.readAll(l, h, POLLFD);
    if (at < 0) {
      if (shown++ === 0) c.sink.openArray();
      c.sink.item();
      c.sink.addr(l, h);
      break;
    }
    const v = c.memory.view;
    const revents = v.getUint16(at + 6, true);
    if (revents === 0) continue;
    if (shown === 0) c.sink.openArray();
    c.sink.item();
    const before = sink.line;
    if (c.verbose || shown < c.options.stringLimit) {
      c.sink.openStruct();
      c.sink.field("fd");
      c.sink.num(v.getInt32(at, true));
      c.sink.field("revents");
      const names = flagNames(F.poll_events, revents);
      if (names === undefined) c.sink.hex(revents, 0);
      else c.sink.xlat(revents, 0, names, "", "hex");
      c.sink.closeStruct();
    }
    shown++;
    if (sink.line === before || sink.line.length > READY_TEXT) {
      sink.line = before;
      c.sink.more();
      break;
    }
  }
  if (shown > 0) c.sink.closeArray();
  return shown > 0;
}

registerAux("poll", (c) => pollResult(c, undefined));
registerAux("ppoll", (c) => pollResult(c, 2));
registerAux("recvmmsg", (c) => {
  if (c.call.error) return;
  if (c.ret === 0) c.sink.word("Timeout");
  else if (c.options.dereference(c.call.name)) timeLeft(c, 4, "tv_nsec", "");
});

/** Of a set no more is looked at, as in strace: the kernel goes by the size of the descriptor table, not by nfds. */
const NFDS_MAX = 1024 * 1024;

/** Descriptors in a set of a call whose first argument is nfds; undefined if it cannot be shown. */
function setMembers(c: Context, lo: number, hi: number): number[] | undefined {
  const nfds = Math.min(c.argLo(0) | 0, NFDS_MAX);
  if ((lo === 0 && hi === 0) || nfds < 0) return undefined;
  const word = c.wordSize;
  const bytes = Math.ceil(nfds / (8 * word)) * word;
  if (bytes === 0) return undefined;
  const at = c.memory.readAll(lo, hi, bytes);
  if (at < 0) return undefined;
  const members: number[] = [];
  for (let i = 0; i < nfds; i++) if (c.memory.bytes[at + (i >> 3)] & (1 << (i & 7))) members.push(i);
  return members;
}

function setText(c: Context, members: readonly number[]): string {
  const names = members.map((fd) => `${fd}${c.options.fdText?.(c.task.tid, fd) ?? ""}`);
  return `[${names.join(" ")}]`;
}

registerValue("fd_set", () =>
  pointerWalker((c, lo, hi) => {
    const members = c.options.dereference(c.call.name) ? setMembers(c, lo, hi) : undefined;
    if (members) c.sink.word(setText(c, members));
    else c.sink.addr(lo, hi);
  }),
);

/** Which descriptors are ready, by number alone, and the time left; it may turn out to be nothing at all. */
function selectResult(c: Context, fraction: string): boolean {
  if (c.call.error) return false;
  if (c.ret === 0) {
    c.sink.word("Timeout");
    return true;
  }
  const parts: string[] = [];
  let left = c.ret;
  for (const [i, name] of ["in", "out", "except"].entries()) {
    // no more than are ready
    const members = setMembers(c, c.argLo(i + 1), c.argHi(i + 1))?.slice(0, left);
    if (members && members.length > 0) parts.push(`${name} [${members.join(" ")}]`);
    left -= members?.length ?? 0;
  }
  c.sink.word(parts.join(", "));
  timeLeft(c, 4, fraction, parts.length > 0 ? ", " : "");
  return true;
}

registerAux("select", (c) => selectResult(c, "tv_usec"));
registerAux("pselect", (c) => selectResult(c, "tv_nsec"));

/** pselect6's last argument: a pointer to a pointer to a set, and its size. */
registerValue("pselect_mask", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const at = readable(c, lo, hi, 2 * word);
    if (at < 0) c.sink.addr(lo, hi);
    else printMaskAndSize(c, at, "sigsetsize");
  }),
);

/** A pointer to a signal mask and its size, as pselect6(2) and io_pgetevents(2) take them. */
export function printMaskAndSize(c: Context, at: number, name: string): void {
  const word = c.wordSize;
  c.wordAt(at);
  const [maskLo, maskHi] = [c.wordLo, c.wordHi];
  c.wordAt(at + word);
  const [sizeLo, sizeHi] = [c.wordLo, c.wordHi];
  const fits = sizeHi === 0 && sizeLo >= word && sizeLo <= 8;
  const mask = fits ? readable(c, maskLo, maskHi, sizeLo) : -1;
  c.sink.openStruct();
  c.sink.field("sigmask");
  if (mask < 0) c.sink.addr(maskLo, maskHi);
  else c.sink.word(sigsetText(c, mask, sizeLo));
  c.sink.field(name);
  c.sink.ulong(sizeLo, sizeHi);
  c.sink.closeStruct();
}

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

const eventWalker: Walker = {
  size: () => EPOLL_EVENT,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory: epollEvent,
};

const EPOLL_CTL_DEL = 2;
registerValue("epoll_ctl_event", () =>
  pointerWalker((c, lo, hi) => {
    const at = c.argLo(1) === EPOLL_CTL_DEL ? -1 : readable(c, lo, hi, EPOLL_EVENT);
    if (at < 0) c.sink.addr(lo, hi);
    else epollEvent(c, at);
  }),
);

registerValue("epoll_events", () =>
  pointerWalker((c, lo, hi) => {
    if (c.call.error) c.sink.addr(lo, hi);
    else printArray(c, eventWalker, lo, hi, c.ret);
  }),
);
