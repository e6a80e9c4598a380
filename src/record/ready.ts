/**
 * When a lifetime is ready. Services do not say; these signs are taken instead:
 * - `listen`: a process begins to wait for clients: a blocking accept, poll, select or epoll_wait on a listening
 *   socket (or an accept that succeeds at once), and no other process of the service is still at its start, that is
 *   has not come to rest in a wait since its birth.
 * - `quiet`: nothing listens, and for a while no process did anything a start consists of (exec, fork, opening and
 *   looking up files, connecting, syncing). The moment of the last such call counts. The while is 2 s, or 10 s when a
 *   process sits in a sleep with an end, a network wait, a disk wait or a lock, which a slow start also does.
 *   Preliminary: an exec of the main process or a `listen` within the first minute takes it back.
 */
import { withoutTime64 } from "../abi/syscalls.ts";

export const QUIET = 2e9;
export const QUIET_WITH_WAIT = 10e9;
/** A start that shows no sign in this time (ns) is recorded like a running service from then on. */
export const START_LIMIT = 60e9;
/** Everything is kept this long (ns) after the service was ready. */
export const SETTLE = 5e9;
/** A stop that takes longer than this (ns) is recorded like a running service from then on. */
export const STOP_LIMIT = 600e9;

const PROGRESS =
  /^(execve(at)?|open(at2?)?|creat|connect|socket(pair)?|bind|listen|v?fork|clone3?|exit(_group)?|f?access(at2?)?|faccessat2?|[fl]?stat(64|fs)?|newfstatat|statx|readlink(at)?|getdents(64)?|f(data)?sync|syncfs|sync|unlink(at)?|rename(at2?)?|mkdir(at)?|f?chdir|pipe2?|flock)$/;

/** A call of the kind starts and stops consist of, as opposed to waiting and serving. */
export function isProgress(name: string): boolean {
  return PROGRESS.test(name);
}

const CLIENTS = /^(accept4?|poll|ppoll|select|pselect6|epoll_p?wait2?)$/;

/** A call that may be waiting for clients. */
export function mayAwaitClients(name: string): boolean {
  return CLIENTS.test(withoutTime64(name));
}

/** The low halves of its arguments, and its text, say that the call only looks and does not wait. */
export function onlyLooks(name: string, args: Uint32Array, text: string): boolean {
  if (name.startsWith("epoll_") && name !== "epoll_pwait2") return args[6] === 0;
  if (name === "poll") return args[4] === 0;
  return /\{tv_sec=0, tv_[un]sec=0\}/.test(text);
}

/** The target names a listening socket. */
export function listens(target: string): boolean {
  return target.includes("listen:");
}

const BUSY_WAIT =
  /^(connect|sendto|sendmsg|recvfrom|recvmsg|f(data)?sync|syncfs|sync|msync|flock|(clock_)?nanosleep|getrandom)$/;

/** An open call that a slow start may be in, so that calm around it proves little. */
export function mayBeStarting(name: string, target: string): boolean {
  return BUSY_WAIT.test(withoutTime64(name)) || /(^| )(tcp|udp):/.test(target);
}
