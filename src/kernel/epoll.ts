/**
 * Waiting for descriptors that libuv cannot wait for (FIFOs opened both ways, pidfds, datagram sockets of the Unix
 * kind): one epoll set, and one thread of the pool that waits on it. Nothing is polled.
 */
import { closeSync, writeSync } from "node:fs";
import { throwLater } from "../base/errors.ts";
import { addressOf, check, libc, sysError } from "./ffi.ts";

const epollCreate = libc("int epoll_create1(int flags)");
const epollCtl = libc("int epoll_ctl(int epoll, int op, int fd, void *event)");
const epollWait = libc("int epoll_wait(int epoll, uintptr_t events, int max, int timeout)") as unknown as {
  async(epoll: number, events: number, max: number, timeout: number, done: WaitDone): void;
};
const eventfd = libc("int eventfd(unsigned int initial, int flags)");

type WaitDone = (error: Error | null, count: number) => void;

const EPOLL_CLOEXEC = 0o2000000;
const CTL_ADD = 1;
const CTL_DEL = 2;
const EPOLLIN = 1;
const BATCH = 64;
/** struct epoll_event is packed on x86-64: events, then 64 bits of data. */
const EVENT_WORDS = 3;
const WAKE = 0;
/** A signal may have come to the waiting thread; go on after this pause (ms). */
const INTERRUPTED_MS = 1;
/** Who failed is called again after this pause (ms): what it did not take is still there. */
const FAILED_MS = 1000;

interface Watched {
  readonly fd: number;
  readonly ready: () => void;
}

interface Set {
  readonly fd: number;
  readonly events: Uint32Array;
  readonly watched: Map<number, Watched>;
  next: number;
}

let set: Set | undefined;

function open(): Set {
  if (set) return set;
  const fd = check(epollCreate(EPOLL_CLOEXEC), "epoll_create1()");
  const wake = check(eventfd(0, EPOLL_CLOEXEC), "eventfd()");
  epollCtl(fd, CTL_ADD, wake, Uint32Array.of(EPOLLIN, WAKE, 0));
  // at exit the pool's threads are joined: ours must come back from the kernel
  process.on("exit", () => writeSync(wake, BigUint64Array.of(1n)));
  set = { fd, events: new Uint32Array(BATCH * EVENT_WORDS), watched: new Map(), next: WAKE + 1 };
  wait(set);
  return set;
}

function wait(s: Set): void {
  epollWait.async(s.fd, addressOf(s.events), BATCH, -1, (error, count) => {
    if (error) throw error;
    for (let i = 0; i < count; i++) call(s, s.events[i * EVENT_WORDS + 1]);
    if (count < 0) setTimeout(() => wait(s), INTERRUPTED_MS);
    else wait(s);
  });
}

/** What one of them throws is no matter of the others. */
function call(s: Set, id: number): void {
  const watched = s.watched.get(id);
  if (!watched) return;
  try {
    watched.ready();
  } catch (error) {
    throwLater(error);
    if (!s.watched.has(id)) return;
    epollCtl(s.fd, CTL_DEL, watched.fd, null);
    addLater(s, id);
  }
}

function addLater(s: Set, id: number): void {
  setTimeout(() => {
    const fd = s.watched.get(id)?.fd;
    if (fd !== undefined && !add(s, id, fd)) addLater(s, id);
  }, FAILED_MS);
}

const add = (s: Set, id: number, fd: number): boolean =>
  epollCtl(s.fd, CTL_ADD, fd, Uint32Array.of(EPOLLIN, id, 0)) === 0;

/**
 * Calls `ready` whenever `fd` is readable or at its end, until the returned function is called (before the descriptor
 * is closed). If it throws, nobody catches that, and it is called again after a moment. Throws SysError, EPERM for plain files.
 */
export function watchFd(fd: number, ready: () => void): () => void {
  const s = open();
  const id = s.next++;
  s.watched.set(id, { fd, ready });
  if (!add(s, id, fd)) {
    s.watched.delete(id);
    throw sysError(`epoll_ctl(${fd})`);
  }
  return () => {
    if (s.watched.delete(id)) epollCtl(s.fd, CTL_DEL, fd, null);
  };
}

/** `watchFd` for a descriptor that is closed when the returned function is called, or when it cannot be watched. */
export function watchAndOwn(fd: number, ready: () => void): () => void {
  let stop: () => void;
  try {
    stop = watchFd(fd, ready);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let open = true;
  return () => {
    stop();
    if (open) closeSync(fd);
    open = false;
  };
}
