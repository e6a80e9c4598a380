/** Whose turn it is: how the thread that reads events should stand to the traced. */

/**
 * `behind`: runs where nobody else wants to. `normal`: as it was started. `ahead`: there is soon no more room for what the
 * traced send.
 */
export type Standing = "behind" | "normal" | "ahead";

/**
 * ns over which events are counted, and how many bytes of them (some 2000 calls) make the traced busy. The kernel counts
 * idle time, which is looked at as often (pace.ts), in steps of 10 ms.
 */
export const WINDOW = 1e8;
export const BUSY = 1 << 18;
/** How long (ns) it stays ahead, so that it does not fall behind again while the ring fills within a moment. */
const AHEAD = 5e7;
/** After that long (ns) without reading anything, though something waits, it has a window's time as anybody has. */
const STARVED = 5e8;

export class Turns {
  private window: number;
  private atWindow: number;
  private busy = false;
  private aheadUntil = 0;
  private normalUntil = 0;
  private read: number;
  private lastRead: number;

  /** `sent`, `read`: bytes so far, modulo 2^32. */
  constructor(now: number, sent: number, read: number) {
    this.window = now;
    this.atWindow = sent;
    this.read = read;
    this.lastRead = now;
  }

  /** `full`: more waits than may wait. */
  look(now: number, sent: number, read: number, full: boolean): Standing {
    if (read !== this.read || sent === read) this.lastRead = now;
    this.read = read;
    const came = (sent - this.atWindow) >>> 0;
    if (came > BUSY) this.busy = true;
    if (now - this.window >= WINDOW) {
      this.busy = came * WINDOW > BUSY * (now - this.window);
      this.window = now;
      this.atWindow = sent;
    }
    if (full) this.aheadUntil = now + AHEAD;
    if (now - this.lastRead > STARVED) {
      this.normalUntil = now + WINDOW;
      this.lastRead = now;
    }
    if (now < this.aheadUntil) return "ahead";
    return this.busy && now >= this.normalUntil ? "behind" : "normal";
  }
}
