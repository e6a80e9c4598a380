/**
 * What the kernel has sent, in its order, at the pace the machine allows: from the ring at once, or, where the traced
 * need the CPU themselves, later and by way of the backlog, before the ring is full.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import type { RingBuffer } from "../../kernel/ringbuf.ts";
import { Backlog, type BacklogPlace } from "./backlog.ts";
import { Guard } from "./guard.ts";
import { Pace } from "./pace.ts";

/** Records handled between looks at the clock and at the ring, whose room is given back. */
const STRIDE = 128;
/** Share of the ring from which on room is made. */
const FULL = 1 / 4;
/** When room has to be made twice within this time (ns), and for how long nothing else is done then. */
const RUSH = 1e8;
const STAY = 5e8;
/** Bytes that go to the backlog at once. */
const PIECE = 1 << 22;

export class Feed {
  private readonly backlog: Backlog | undefined;
  private readonly pace: Pace | undefined;
  private readonly guard: Guard | undefined;
  private from: RingBuffer | Backlog;
  /** When room was made last. */
  private relieved = 0;
  /** What had been sent when that was looked at last in a rush. */
  private sent = 0;
  /** Until then room is all that is made: events come so fast that nothing but reading them in time counts; 0 is never. */
  private rushUntil = 0;
  /** There is no more room: what waits is handled whatever it costs. */
  private pressed = false;
  /** Nothing new comes, so nobody is kept waiting. */
  private ended = false;
  /** The last `drain` left records because its time was over. */
  late = false;

  /**
   * Without a place for a backlog everything is handled at once, and at the priority we have. `guarded`: this thread goes
   * behind the traced.
   */
  constructor(
    private readonly ring: RingBuffer,
    private readonly handle: (record: RingBuffer | Backlog) => void,
    place: BacklogPlace | undefined,
    guarded: boolean,
  ) {
    this.from = ring;
    if (!place || place.limit === 0) return;
    this.backlog = new Backlog(place);
    if (place.eager) return;
    this.pace = new Pace();
    if (guarded) this.guard = Guard.of(ring, ring.size * FULL);
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.ring.waiting + (this.backlog?.waiting ?? 0);
  }

  /** Hands over records, at most `most`, as long as there is time. Returns how many. */
  drain(most: number): number {
    const free = this.ended || this.pressed;
    if (!free && this.rush()) return 0;
    const until = (!free && this.pace?.begin(this.ring.sent)) || Number.POSITIVE_INFINITY;
    let n = 0;
    this.late = until !== Number.POSITIVE_INFINITY && monotonicNow() >= until;
    while (!this.late && n < most && this.next()) {
      this.handle(this.from);
      if (++n % STRIDE !== 0) continue;
      this.from.release();
      this.relieve();
      this.late = until !== Number.POSITIVE_INFINITY && monotonicNow() >= until;
    }
    if (n > 0) this.from.release();
    if (!free) this.pace?.end();
    this.relieve();
    return n;
  }

  private next(): boolean {
    if (this.from.next()) return true;
    if (this.from === this.ring) return false;
    this.from = this.ring;
    return this.ring.next();
  }

  /** Does nothing but make room, if events come that fast. */
  private rush(): boolean {
    const { sent } = this.ring;
    if (monotonicNow() >= this.rushUntil || sent === this.sent) this.rushUntil = 0;
    this.sent = sent;
    if (this.rushUntil === 0) return false;
    this.late = true;
    this.relieve();
    return this.rushUntil > 0;
  }

  /** Makes room in the ring. */
  relieve(): void {
    const { ring, backlog } = this;
    const full = ring.size * FULL;
    if (!backlog || ring.waiting <= (this.rushUntil > 0 ? Math.min(PIECE, full) : full)) {
      this.pressed = false;
      return;
    }
    let passed = false;
    while (ring.pass(Math.min(PIECE, backlog.room), (records) => backlog.add(records))) passed = true;
    if (backlog.waiting > 0) this.from = backlog;
    this.pressed = ring.waiting > (passed ? ring.size / 2 : full);
    const now = monotonicNow();
    this.rushUntil = this.pace && passed && now - this.relieved < RUSH ? now + STAY : 0;
    this.relieved = now;
  }

  /** Nothing more is sent: what waits need not spare anybody. */
  finish(): void {
    this.ended = true;
    this.guard?.close();
  }

  /** Gives up what waits. Returns how many records that were. */
  drop(): number {
    let n = 0;
    while (this.next()) n++;
    this.ring.release();
    return n;
  }

  close(): void {
    this.guard?.close();
    this.backlog?.close();
    this.ring.close();
  }
}
