/**
 * Who goes first where there is not enough CPU for all: the traced, as long as there is room for what they send. The
 * thread that reads events then runs only where nobody else wants to (SCHED_IDLE), and a guard sees to it that it runs
 * before there is no room.
 */
import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { SCHED_IDLE, SCHED_OTHER, setPolicy } from "../../kernel/scheduling.ts";
import { Guard } from "./guard.ts";

/** By so much lower is our nice value when we hurry. */
const AHEAD = 5;

export class Priority {
  private behind = false;
  private begun = false;

  private constructor(
    private readonly normal: number,
    private readonly guard: Guard,
  ) {}

  /**
   * Of the calling thread, which reads the ring behind `fd`: behind others until `most` bytes wait. Undefined
   * where it could not come back: only who may go ahead (CAP_SYS_NICE, RLIMIT_NICE) may leave SCHED_IDLE.
   */
  static of(fd: number, most: number): Priority | undefined {
    // the guard is a file of the built program
    if (import.meta.url.endsWith(".ts")) return undefined;
    const normal = getPriority();
    try {
      setPriority(normal - AHEAD);
      setPriority(normal);
    } catch {
      return undefined;
    }
    return new Priority(normal, new Guard(fd, most));
  }

  /** The calling thread, and what it starts from now on, goes behind others. */
  giveWay(): void {
    if (this.behind ? !this.guard.hurried : !this.guard.ready) return;
    if (!this.begun) setPriority(this.normal - AHEAD);
    this.begun = true;
    setPolicy(0, SCHED_IDLE);
    this.behind = true;
  }

  /** The calling thread goes ahead of others. */
  hurry(): void {
    if (!this.behind) return;
    setPolicy(0, SCHED_OTHER);
    this.behind = false;
  }

  /** All of our threads are as they were. */
  restore(): void {
    this.guard.close();
    if (!this.begun) return;
    this.begun = false;
    for (const tid of readdirSync("/proc/self/task").map(Number)) {
      try {
        setPolicy(tid, SCHED_OTHER);
        setPriority(tid, this.normal);
      } catch {
        // it has just ended
      }
    }
    this.behind = false;
  }
}
