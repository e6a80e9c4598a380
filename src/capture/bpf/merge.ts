/**
 * Records of several rings in the order they happened. No CPU waits for another when it sends, so a record can be written
 * after one that tells of something later. What must not be is that the record of a consequence comes first: of a child's
 * call before its fork. Its cause was written before; so whatever stands before a mark is told only after all rings have been
 * looked at once more, the earliest first, and nothing is told that stands behind its ring's mark.
 */
import { monotonicNow } from "../../kernel/clock.ts";
import type { Ring } from "../../kernel/ring.ts";
import { Backlog, type BacklogRoom } from "./backlog.ts";
import { headAt, timeAt } from "./words.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** A ring, and before it what went from there to a backlog. */
export class Chain {
  /** Where the first record is. */
  from: Ring | Backlog;
  private backlog: Backlog | undefined;

  constructor(
    readonly ring: Ring,
    private readonly room: BacklogRoom | undefined,
  ) {
    this.from = ring;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.ring.waiting + (this.backlog?.waiting ?? 0);
  }

  /** Whether the first record stands before the ring's mark. */
  get sure(): boolean {
    return this.from !== this.ring || this.ring.sure;
  }

  /** When the first record happened (ns); infinite if there is none, 0 if it is not known yet though it must be waited for. */
  first(): number {
    if (this.from.peek()) return timeOf(this.from);
    if (this.from === this.ring) return this.ring.sure ? 0 : NEVER;
    this.from = this.ring;
    return this.first();
  }

  /** Moves what the ring holds to the backlog, in pieces of at most `piece` bytes. Returns whether anything went. */
  pass(piece: number): boolean {
    const { ring, room } = this;
    if (!room) return false;
    this.backlog ??= new Backlog(room);
    const { backlog } = this;
    let passed = false;
    while (ring.pass(Math.min(piece, backlog.room), (records) => backlog.add(records))) passed = true;
    if (passed) this.from = backlog;
    return passed;
  }

  close(): void {
    this.backlog?.close();
  }
}

export class Merge {
  /** When the first record of each chain happened. */
  private readonly times: Float64Array;
  /** The chain with the earliest, and when the earliest of the others happened. */
  private best = 0;
  private others = NEVER;
  /** Records taken since all rings were looked at, and when that was (ns). */
  private taken = 0;
  private looked = 0;

  constructor(readonly chains: readonly Chain[]) {
    this.times = new Float64Array(chains.length).fill(NEVER);
  }

  /** Looks at all rings; to be called when records have gone elsewhere. */
  look(): void {
    const { chains, times } = this;
    this.looked = monotonicNow();
    for (const { ring } of chains) ring.mark();
    for (const { ring } of chains) ring.look();
    for (let i = 0; i < chains.length; i++) times[i] = chains[i].first();
    this.taken = 0;
    this.choose();
  }

  /** The chain whose first record is next; undefined when there is none as yet. */
  next(): Chain | undefined {
    if (this.ready) return this.chains[this.best];
    if (this.taken === 0) return undefined;
    this.look();
    return this.ready ? this.chains[this.best] : undefined;
  }

  /** Until then (ns) all that happened has been taken, but for what was being written; 0: not known. */
  get until(): number {
    const time = this.times[this.best];
    return time < NEVER ? time : this.looked;
  }

  /** The record that is next has been dealt with. */
  skip(): void {
    const chain = this.chains[this.best];
    chain.from.skip();
    this.taken++;
    const time = chain.first();
    this.times[this.best] = time;
    if (time > this.others) this.choose();
  }

  private get ready(): boolean {
    const time = this.times[this.best];
    return time > 0 && time < NEVER && this.chains[this.best].sure;
  }

  private choose(): void {
    const { times } = this;
    let best = 0;
    let others = NEVER;
    for (let i = 1; i < times.length; i++) {
      if (times[i] < times[best]) {
        others = times[best];
        best = i;
      } else if (times[i] < others) others = times[i];
    }
    this.best = best;
    this.others = others;
  }
}

function timeOf({ words, offset }: Ring | Backlog): number {
  return timeAt(words, headAt(words, offset));
}
