/** Watches the signs of readiness that ready.ts describes. */
import type { Task } from "../capture/event.ts";
import type { Lifetime } from "./model.ts";
import * as ready from "./ready.ts";

/** A process that waits this long (ns) for something to do has finished its own start. */
export const REST = 50e6;
/** Signs of readiness are looked for this long (ns). */
const WATCH = ready.START_LIMIT + 240e9;
/** Threads that are known to have looked. */
const MOST_LOOKERS = 1000;

export class Readiness {
  private lastProgress: number;
  /** Who made it. */
  private tid: number;
  private readonly lookers = new Set<number>();
  /** Processes of the service that have not come to rest since their birth: they still start. */
  private readonly fresh = new Set<number>();
  /** Clients are awaited, but `fresh` is not empty. */
  private candidate: { ts: number; tid: number; pid: number; target: string } | undefined;

  constructor(
    private readonly lifetime: Lifetime,
    private readonly onReady: (ts: number, tid: number, text: string) => void,
  ) {
    this.lastProgress = lifetime.started;
    this.tid = lifetime.pid;
  }

  progress(now: number, tid: number): void {
    this.lastProgress = now;
    this.tid = tid;
  }

  /** Signs are still looked for. */
  watching(now: number): boolean {
    return (
      this.lifetime.ready_by !== "listen" && !this.lifetime.attached && now - this.lifetime.started < WATCH
    );
  }

  /**
   * A call that clients may be awaited with is over; `args` is its text. Who looked for them without waiting accepts in passing
   * then, in mid-start.
   */
  served(task: Task, args: string, target: string, stopping: boolean): void {
    const { call, tid } = task;
    if (ready.onlyLooks(call.name, call.args, args)) {
      if (this.lookers.size < MOST_LOOKERS) this.lookers.add(tid);
    } else if (!stopping) {
      const accepted = call.error === 0 && call.name.startsWith("accept");
      this.awaits(target, call.entry || call.exit, task, accepted);
    }
  }

  born(pid: number, now: number): void {
    if (pid !== this.lifetime.pid && this.watching(now)) this.fresh.add(pid);
  }

  /** A process has nothing to do since `ts`. */
  rests(pid: number, tid: number, ts: number): void {
    if (!this.fresh.delete(pid) || this.fresh.size > 0 || !this.candidate) return;
    const { candidate } = this;
    if (ts > candidate.ts) this.isReady(ts, "listen", tid, candidate.target);
    else this.isReady(candidate.ts, "listen", candidate.tid, candidate.target);
  }

  /** Who waits for clients may have waited for this end too, and go on with the start. */
  died(pid: number): void {
    if (this.fresh.delete(pid) && this.candidate) this.fresh.add(this.candidate.pid);
  }

  /**
   * A call that may await clients began at `entered`; `accepted`: it has got one. That is the sign, unless another
   * process of the service is still at its start: a database that replays its log listens all the time.
   */
  awaits(target: string, entered: number, task: { pid: number; tid: number }, accepted: boolean): void {
    const { pid, tid } = task;
    if (accepted && this.lookers.has(tid)) return;
    if (!this.watching(entered) || !(accepted || ready.listens(target))) return;
    this.candidate ??= { ts: entered, tid, pid, target };
    this.rests(pid, tid, entered);
    if (this.fresh.size === 0 && this.watching(entered)) this.isReady(entered, "listen", tid, target);
  }

  /** `waits`: some thread is in a call that a slow start may be in. */
  checkQuiet(now: number, waits: () => boolean): void {
    const calm = now - this.lastProgress;
    if (calm < ready.QUIET || this.candidate) return;
    if (calm >= (waits() ? ready.QUIET_WITH_WAIT : ready.QUIET)) {
      this.isReady(this.lastProgress, "quiet", this.tid, "no listening socket, start quiet");
    }
  }

  /** What looked like ready was not. Returns whether it had. */
  takeBack(): boolean {
    if (this.lifetime.ready_by !== "quiet") return false;
    this.lifetime.ready = null;
    this.lifetime.ready_by = null;
    return true;
  }

  private isReady(ts: number, by: "listen" | "quiet", tid: number, text: string): void {
    this.lifetime.ready = ts;
    this.lifetime.ready_by = by;
    this.onReady(ts, tid, text);
  }
}
