/** Watches the signs of readiness that ready.ts describes. */
import type { Lifetime } from "./model.ts";
import * as ready from "./ready.ts";

/** Signs of readiness are looked for this long (ns). */
const WATCH = ready.START_LIMIT + 240e9;

export class Readiness {
  private lastProgress: number;
  /** Who made it. */
  private tid: number;

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

  /** A call that may await clients began at `entered`; `accepted`: it has got one. */
  awaits(target: string, entered: number, tid: number, accepted: boolean): void {
    if (!this.watching(entered) || !(accepted || ready.listens(target))) return;
    this.isReady(entered, "listen", tid, target);
  }

  /** `waits`: some thread is in a call that a slow start may be in. */
  checkQuiet(now: number, waits: () => boolean): void {
    const calm = now - this.lastProgress;
    if (calm < ready.QUIET) return;
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
