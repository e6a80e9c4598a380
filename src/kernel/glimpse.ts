/** Stops a running thread for as long as it takes to look at it. */
import { detach, interrupt, seize } from "./ptrace.ts";
import { pollStopped } from "./tracewait.ts";

/** ms that a thread gets to stop: one in uninterruptible sleep does not. */
const PATIENCE = 200;

/**
 * Calls `look` while thread `tid` is stopped; undefined if it does not stop. If it does so after that, the kernel lets
 * it go when we end. Throws SysError if it must not be attached to.
 */
export function glimpse<T>(tid: number, look: () => T): T | undefined {
  seize(tid, 0);
  interrupt(tid);
  const stopSignal = pollStopped(tid, PATIENCE);
  if (stopSignal === undefined) return undefined;
  try {
    return look();
  } finally {
    detach(tid, stopSignal);
  }
}
