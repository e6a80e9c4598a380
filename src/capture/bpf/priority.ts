/**
 * Who goes first where there is not enough CPU for all: the traced, as long as there is room for what they send. Ours is
 * the nice value of each thread (setpriority(2)): garbage collection and compilation have threads of their own.
 */
import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** A tenth of the weight of others, and three times as much. */
const BEHIND = 10;
const AHEAD = 5;
const LEAST = 19;

export class Priority {
  private readonly normal: number;
  /** Of this thread, now. */
  private current: number;
  private readonly free: boolean;

  /** `set`: of the thread with a tid, or the calling one (0). */
  constructor(
    private readonly set: (tid: number, nice: number) => void = setPriority,
    private readonly threads: () => number[] = ownThreads,
    normal = getPriority(),
  ) {
    this.normal = normal;
    this.current = normal;
    // who may go ahead may come back; others stay where they are
    this.free = this.become(normal - AHEAD) && this.become(normal);
  }

  /** All threads go behind others. */
  giveWay(): void {
    const nice = Math.min(LEAST, this.normal + BEHIND);
    if (!this.free || this.current === nice) return;
    if (this.current === this.normal) this.all(nice);
    else this.become(nice);
  }

  /** This thread goes ahead of others. */
  hurry(): void {
    if (this.free && this.current !== this.normal - AHEAD) this.become(this.normal - AHEAD);
  }

  /** All threads are as they were. */
  restore(): void {
    if (this.free && this.current !== this.normal) this.all(this.normal);
  }

  private all(nice: number): void {
    for (const tid of this.threads()) {
      try {
        this.set(tid, nice);
      } catch {
        // it has just ended
      }
    }
    this.current = nice;
  }

  private become(nice: number): boolean {
    try {
      this.set(0, nice);
      this.current = nice;
      return true;
    } catch {
      return false;
    }
  }
}

function ownThreads(): number[] {
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return [0];
  }
}
