/** The thread that takes events out of the kernel goes before what makes them: what it misses is lost. */
import { setPriority } from "node:os";

const NICE = -5;

/** Only the calling thread; what it starts later inherits it. Without the right to it, nothing happens. */
export function keepUp(): void {
  try {
    setPriority(NICE);
  } catch {
    // it does without
  }
}
