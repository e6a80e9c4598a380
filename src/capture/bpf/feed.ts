/**
 * What the kernel has sent, in its order, at the pace the machine allows: from the rings at once, or, where the traced
 * need the CPU themselves, later and by way of backlogs, before a ring is full.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import type { Ring } from "../../kernel/ring.ts";
import { type Backlog, type BacklogPlace, BacklogRoom } from "./backlog.ts";
import { Guard } from "./guard.ts";
import { Chain, Merge } from "./merge.ts";
import { Pace } from "./pace.ts";
import { BUSY } from "./turns.ts";

/** Records handled between looks at the clock and at the rings, whose room is given back; fewer with less time (ns) than that. */
const STRIDE = 128;
const SHORT_STRIDE = 8;
const LITTLE_TIME = 5e5;
/** Who reads all at once is asked for other things, too: `drain` is over after this time (ns). */
const TURN = 5e6;
/** Share of a ring from which on room is made, and from which on this thread must have the CPU for that. */
const FULL = 1 / 4;
const URGENT = 1 / 2;
/** When that many bytes come within this time (ns), for how long (ns) nothing else is done than making room. */
const RUSH_BYTES = 1 << 24;
const RUSH = 1e8;
const STAY = 5e8;
/** Bytes that go to the backlog at once. */
const PIECE = 1 << 22;

export class Feed {
  private readonly chains: readonly Chain[];
  private readonly merge: Merge;
  private readonly pace: Pace | undefined;
  private guard: Guard | undefined;
  private readonly eager: boolean;
  /** When room was made (ns), no longer ago than it takes to be no rush, and what had been sent by then. */
  private relieved = 0;
  private before = 0;
  /** What had been sent when that was looked at last in a rush. */
  private seen = 0;
  /** Until then room is all that is made: events come so fast that nothing but reading them in time counts; 0 is never. */
  private rushUntil = 0;
  /** There is no more room: what waits is handled whatever it costs. */
  private pressed = false;
  /** Since when (ns) nothing new comes, so that nobody is kept waiting. */
  private ended = Number.POSITIVE_INFINITY;
  /** The last `drain` left records because its time was over. */
  late = false;
  /** Until then (ns) all that happened has been handed over, but for what a CPU was just writing. */
  told = 0;

  /**
   * Without a place for backlogs everything is handled at once, and at the priority we have. `guarded`: this thread goes
   * behind the traced once they are busy.
   */
  constructor(
    private readonly rings: readonly Ring[],
    private readonly handle: (record: Ring | Backlog) => void,
    place: BacklogPlace | undefined,
    private guarded: boolean,
  ) {
    const room = place && place.limit > 0 ? new BacklogRoom(place) : undefined;
    this.chains = rings.map((ring) => new Chain(ring, room));
    this.merge = new Merge(this.chains);
    this.eager = room?.place.eager === true;
    if (!room || this.eager) return;
    this.pace = new Pace();
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.chains.reduce((sum, c) => sum + c.waiting, 0);
  }

  /** Bytes that the kernel has written since the beginning. */
  private get sent(): number {
    return this.rings.reduce((sum, r) => sum + r.sent, 0);
  }

  /** Hands over records, at most `most`, as long as there is time. Returns how many. */
  drain(most: number): number {
    const { merge } = this;
    const free = this.ended < Number.POSITIVE_INFINITY || this.pressed;
    if (!free && this.rush()) return 0;
    const until = free ? Number.POSITIVE_INFINITY : this.begin();
    let n = 0;
    const left = until - monotonicNow();
    const stride = left < LITTLE_TIME ? SHORT_STRIDE : STRIDE;
    this.late = left <= 0;
    if (!this.late) merge.look();
    while (!this.late && n < most) {
      const chain = merge.next();
      if (!chain) break;
      this.handle(chain.from);
      merge.skip();
      if (++n % stride !== 0) continue;
      this.release();
      this.relieve();
      this.late = until !== Number.POSITIVE_INFINITY && monotonicNow() >= until;
    }
    if (n > 0) this.release();
    this.told = Math.max(this.told, Math.min(merge.until, this.ended));
    if (!free) this.pace?.end();
    this.relieve();
    return n;
  }

  /** Until when (ns) records may be handled. */
  private begin(): number {
    if (this.eager) return monotonicNow() + TURN;
    if (!this.pace) return Number.POSITIVE_INFINITY;
    const { sent } = this;
    // a thread takes as long to start as a short command to end
    if (this.guarded && sent > BUSY) {
      this.guarded = false;
      this.guard = Guard.of(this.rings, URGENT);
    }
    return this.pace.begin(sent) || Number.POSITIVE_INFINITY;
  }

  private release(): void {
    for (const ring of this.rings) ring.release();
  }

  /** Does nothing but make room, if events come that fast. */
  private rush(): boolean {
    if (this.rushUntil === 0) return false;
    const { sent } = this;
    if (monotonicNow() >= this.rushUntil || sent === this.seen) this.rushUntil = 0;
    this.seen = sent;
    if (this.rushUntil === 0) return false;
    this.late = true;
    this.relieve();
    return this.rushUntil > 0;
  }

  /** Makes room in the rings. */
  relieve(): void {
    const rush = this.rushUntil > 0;
    let passed = false;
    let looked = false;
    this.pressed = false;
    for (const chain of this.chains) {
      const { ring } = chain;
      const full = ring.size * FULL;
      if (ring.waiting <= (rush ? Math.min(PIECE, full) : full)) continue;
      const went = chain.pass(PIECE);
      looked = true;
      passed ||= went;
      this.pressed ||= ring.waiting > (went ? ring.size / 2 : full);
    }
    if (!looked) return;
    if (passed) this.merge.look();
    const now = monotonicNow();
    const { sent } = this;
    const soon = now - this.relieved < RUSH;
    const much = soon && sent - this.before >= RUSH_BYTES;
    if (soon && !much) return;
    this.relieved = now;
    this.before = sent;
    if (much && passed && this.pace) this.rushUntil = now + STAY;
  }

  /** Nothing more is sent: what waits need not spare anybody. */
  finish(): void {
    this.ended = Math.min(this.ended, monotonicNow());
    this.guard?.close();
  }

  /** Gives up what waits. Returns how many records that were. */
  drop(): number {
    const { merge } = this;
    let n = 0;
    for (merge.look(); merge.next(); merge.skip()) n++;
    this.release();
    return n;
  }

  close(): void {
    // nothing will be told any more
    this.told = Math.max(this.told, Math.min(this.ended, monotonicNow()));
    this.guard?.close();
    for (const chain of this.chains) chain.close();
  }
}
