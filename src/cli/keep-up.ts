/** The thread that takes events out of the kernel goes before what makes them: what it misses is lost. */
import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

const NICE = -5;
/** V8 compiles and collects garbage in threads of its own, which can take as much time as the events do. */
const HELPERS_NICE = 10;

/**
 * Puts the calling thread before what is traced and all other threads of this program behind it. Without the right to
 * it, only the latter happens.
 */
export function keepUp(): void {
  for (const tid of readdirSync("/proc/self/task")) {
    if (Number(tid) !== process.pid) tryPriority(Number(tid), HELPERS_NICE);
  }
  tryPriority(0, NICE);
}

function tryPriority(tid: number, nice: number): void {
  try {
    setPriority(tid, nice);
  } catch {
    // it does without
  }
}
