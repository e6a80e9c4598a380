/** Children that are not traced: who has ended. Strangers that pid 1 or a subreaper inherits are reaped along. */
import { throwLater } from "../base/errors.ts";
import { libc } from "./ffi.ts";

const waitpid = libc("int waitpid(int pid, void *status, int options)");
const prctl = libc(
  "int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)",
);
const WNOHANG = 1;
const PR_SET_CHILD_SUBREAPER = 36;
const status = new Int32Array(1);

/** What to do at the end of each child, by pid. */
const watched = new Map<number, (status: number) => void>();
/** Raw wait statuses of those nobody watched, by pid, while they are kept. */
let unwatched: Map<number, number> | undefined;
let listening = false;

/** Raw wait status of `pid` if it has ended, undefined while it lives, null if it is no child of ours. */
export function reap(pid: number): number | undefined | null {
  const r = waitpid(pid, status, WNOHANG);
  if (r === pid) return status[0];
  return r === 0 ? undefined : (unwatched?.get(pid) ?? null);
}

/**
 * Has `reap` know also of children that were reaped along with others, until the returned function is called: for who
 * has children that it learns of one by one, after an exec.
 */
export function keepStatuses(): () => void {
  unwatched = new Map();
  return () => {
    unwatched = undefined;
  };
}

/** Calls `ended` once with the raw wait status when our child `pid` has ended. Returns what ends the watch. */
export function onEnd(pid: number, ended: (status: number) => void): () => void {
  if (!listening) {
    listening = true;
    process.on("SIGCHLD", reapAll);
  }
  watched.set(pid, ended);
  // it may have ended before anybody listened
  setImmediate(reapAll);
  return () => void watched.delete(pid);
}

/** Reaps everything, so that whoever uses this must start no children by other means (libuv's would be taken). */
function reapAll(): void {
  for (let pid = waitpid(-1, status, WNOHANG); pid > 0; pid = waitpid(-1, status, WNOHANG)) {
    const ended = watched.get(pid);
    watched.delete(pid);
    if (!ended) unwatched?.set(pid, status[0]);
    try {
      ended?.(status[0]);
    } catch (error) {
      // the others have ended, too
      throwLater(error);
    }
  }
}

/** From now on orphans among our descendants become our children, as those of pid 1 do. */
export function becomeSubreaper(): void {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (!listening) {
    listening = true;
    process.on("SIGCHLD", reapAll);
  }
}
