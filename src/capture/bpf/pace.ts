/**
 * How much of the time may be spent on events that wait: what nobody else wants. The CPUs' idle time is looked at
 * again and again; while there is some, the share grows, and when there is none it shrinks, to nearly nothing if the
 * traced are busy. When nothing comes from them, there is nobody to spare; when they become busy, they are spared until it
 * is known whether they need it.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import { idleTime } from "../../kernel/proc.ts";
import { BUSY, WINDOW } from "./turns.ts";

/**
 * What is left to others of what nobody uses, of one CPU: those who wake each other all the time suffer when it is taken.
 * With more than `WHOLE` there is a CPU for us alone.
 */
const MARGIN = 0.5;
const WHOLE = 0.9;
/** As long as the traced are not busy there is no more at once (ns): then it is looked whether they still are not. */
const GLANCE = 1e6;
/** The least share when the traced are busy, and else. */
const LEAST_BUSY = 0.002;
const LEAST = 0.25;

export class Pace {
  /** Of one CPU's time, what may be used. */
  private share = LEAST;
  private used = 0;
  private began = 0;
  private window: number;
  private idle: number | undefined;
  private ours: number;
  private sent = 0;
  /** The traced were not busy in the last window. */
  private calm = false;

  constructor(
    private readonly clock: () => number = monotonicNow,
    private readonly idleNow: () => number | undefined = idleTime,
    private readonly oursNow: () => number = ownTime,
  ) {
    this.window = clock();
    this.idle = idleNow();
    this.ours = oursNow();
  }

  /**
   * Work begins. `sent`: bytes of events so far. Returns until when (ns) it may go on; no later than now if there is no
   * time left.
   */
  begin(sent: number): number {
    let now = this.clock();
    if (now - this.window >= WINDOW) this.look(now, sent);
    if (this.calm && sent - this.sent >= BUSY) {
      // they may want the CPU before it is known; how idle it was before they began says nothing
      this.calm = false;
      this.share = LEAST_BUSY;
      this.open(now, sent, this.idleNow(), this.oursNow());
    }
    // where there are many CPUs, looking takes as long as there may be to work
    now = this.clock();
    this.began = now;
    const until = Math.min(this.window + WINDOW, now + this.share * WINDOW - this.used);
    return this.calm ? Math.min(until, now + GLANCE) : until;
  }

  /** Work is over for now. */
  end(): void {
    this.used += this.clock() - this.began;
  }

  private look(now: number, sent: number): void {
    const idle = this.idleNow();
    const ours = this.oursNow();
    const came = ((sent - this.sent) * WINDOW) / (now - this.window);
    const begun = this.calm && came >= BUSY;
    this.calm = came < BUSY;
    const least = this.calm ? LEAST : LEAST_BUSY;
    if (came === 0) this.share = 1;
    else if (begun) this.share = least;
    else if (idle === undefined || this.idle === undefined) this.share = least;
    else {
      // what we had nobody else had, and others have at least as much as we where they want it
      const unused = (idle - this.idle + ours - this.ours) / (now - this.window);
      const wanted = unused > WHOLE ? 1 : unused - MARGIN;
      if (wanted > this.share) this.share += (wanted - this.share) / 2;
      else this.share = Math.max(least, wanted, this.share / 4);
    }
    this.open(now, sent, idle, ours);
  }

  /** A window begins. */
  private open(now: number, sent: number, idle: number | undefined, ours: number): void {
    this.window = now;
    this.sent = sent;
    this.idle = idle;
    this.ours = ours;
    this.used = 0;
  }
}

/** CPU time of all our threads (ns). */
function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
