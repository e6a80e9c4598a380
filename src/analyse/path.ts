/**
 * The critical path: what the end of a window had to wait for. A thread's time is the calls it was in and the time
 * between them; a call that waits for another of our processes is replaced by what that one did meanwhile.
 */
import type { CallRow } from "../record/model.ts";
import { Pieces } from "./pieces.ts";
import type { Timeline } from "./timeline.ts";
import type { Segment } from "./types.ts";
import { isIdle, isWhole, Waits, within } from "./waits.ts";
import { Wakers } from "./waker.ts";

/** Shorter waits (ns) are not followed into other processes. */
const WORTH_FOLLOWING = 1e6;
const MAX_DEPTH = 12;
/** A call that was under way is seen this long (ns) after the thread at most. */
const ATTACHING = 1e6;
/** ns between two CPU samples. */
const SAMPLED_EVERY = 10e6;
/** Share of a wait that another process worked to count as its reason. */
const MOST_OF_IT = 0.5;

export class CriticalPath {
  private readonly waits: Waits;
  private readonly wakers: Wakers;
  private out: Segment[] = [];
  private pieces = new Pieces([], []);

  /** `starting`: who waits for clients already is not what the end of the window had to wait for. */
  constructor(
    private readonly timeline: Timeline,
    private readonly starting = false,
  ) {
    this.waits = new Waits(timeline);
    this.wakers = new Wakers(timeline);
  }

  /**
   * Segments that fill [from, to]: what thread `tid` did, and before it existed, what the one that made it did. What
   * is told as one for brevity does not cross `cuts`.
   */
  upTo(tid: number, from: number, to: number, cuts: readonly number[] = []): Segment[] {
    this.out = [];
    this.pieces = new Pieces(this.out, cuts);
    this.back(tid, from, to, new Set());
    return this.out;
  }

  /** Segments that fill [from, to]: what thread `tid` did itself; what it waited for is not followed. */
  alone(tid: number, from: number, to: number): Segment[] {
    this.out = [];
    this.pieces = new Pieces(this.out, []);
    if (to > from) this.walk(tid, from, to, [], undefined);
    return this.out;
  }

  private back(tid: number, from: number, to: number, seen: Set<number>): void {
    const thread = this.timeline.threads.get(tid);
    const born = thread?.born ?? from;
    if (thread && born > from && thread.parent !== 0 && !seen.has(thread.parent)) {
      seen.add(tid);
      this.back(thread.parent, from, Math.min(born, to), seen);
      if (to > born) this.walk(tid, born, to, [], new Set([tid]));
      return;
    }
    const attached = thread ? Math.min(Math.max(from, thread.born), to) : from;
    const begin = { ...blank, category: "supervisor", kind: "recorder" } as const;
    this.push({ ...begin, from, to: attached, tid, pid: this.timeline.pidOf(tid), via: [] });
    this.walk(tid, attached, to, [], new Set([tid]));
  }

  private walk(
    tid: number,
    from: number,
    to: number,
    via: readonly CallRow[],
    stack: Set<number> | undefined,
  ): void {
    const died = this.timeline.diedOf(tid);
    const end = Math.min(to, Math.max(died, from));
    const { table } = this.timeline;
    const { ts, duration, pid } = table.columns;
    const list = this.timeline.indexes(tid);
    let at = from;
    for (let k = table.firstEndingAfter(list, from); k < list.length && ts[list[k]] < end; k++) {
      const i = list[k];
      const start = Math.max(ts[i], at);
      const stop = Math.min(ts[i] + duration[i], end);
      if (stop <= at) continue;
      if (start > at) this.between(tid, at, start, via, i);
      if (this.waits.isWork(i)) {
        this.pieces.work(start, stop, tid, pid[i], via, table, i);
        at = stop;
        continue;
      }
      const call = table.at(i);
      const polled = stack && stop - start >= WORTH_FOLLOWING ? this.wakers.polledFor(call) : undefined;
      if (polled !== undefined && !stack!.has(polled.tid)) {
        // what it does between its looks is part of the waiting
        at = Math.min(end, Math.max(stop, Math.min(this.timeline.diedOf(polled.tid), polled.until)));
        this.follow(call, polled.tid, start, at, via, stack!);
      } else {
        this.inCall(call, start, stop, via, stack);
        at = stop;
      }
    }
    const dumped = Math.max(at, this.timeline.fatalAt(tid) ?? end);
    if (dumped > at) this.between(tid, at, Math.min(dumped, end), via);
    if (end > dumped) {
      const pid = this.timeline.pidOf(tid);
      this.push({ ...blank, category: "disk", kind: "core", from: dumped, to: end, tid, pid, via });
    }
    if (to > end) this.push({ ...blank, from: end, to, tid, pid: this.timeline.pidOf(tid), via });
  }

  /** Time outside calls, before the call at `next`. Without a recorded call or sample of the thread nothing is known. */
  private between(tid: number, from: number, to: number, via: readonly CallRow[], next?: number): void {
    const { gapBlocked, gapQueued } = this.timeline.table.columns;
    const known =
      this.timeline.isKnown(tid) && !this.inEarlierCall(tid, from, to, next) && !this.unseen(tid, from, to);
    const pid = this.timeline.pidOf(tid);
    // Blocked outside a call: a page had to be read, or memory to be found.
    const [blocked, queued] =
      next === undefined ? [0, 0] : shares(gapBlocked[next], gapQueued[next], to - from);
    const ran = to - blocked - queued;
    const outside = (a: number, b: number, category: Segment["category"], kind: string) => {
      if (b > a) this.out.push({ from: a, to: b, category, tid, pid, target: "", via, kind });
    };
    if (!known) outside(from, ran, undefined, "outside");
    else if (ran > from) this.pieces.gap(from, ran, tid, pid, via);
    outside(ran, ran + blocked, "memory", "fault");
    outside(ran + blocked, to, "runqueue", "runqueue");
  }

  /** A thread that was attached to within a call has no record of that call: unless it was seen on a CPU, it was in it. */
  private inEarlierCall(tid: number, from: number, to: number, next: number | undefined): boolean {
    const { recording, table } = this.timeline;
    if (!recording.lifetime.attached || next === undefined) return false;
    if (this.timeline.indexes(tid)[0] !== next || table.columns.gapBlocked[next] >= 0) return false;
    return !this.computed(tid, from, to);
  }

  /** What it did then was not recorded: only if it was seen on a CPU, it computed. */
  private unseen(tid: number, from: number, to: number): boolean {
    return this.timeline.missing(from, to) > (to - from) * MOST_OF_IT && !this.computed(tid, from, to);
  }

  /** It was seen on a CPU for most of this time. */
  private computed(tid: number, from: number, to: number): boolean {
    return [...this.timeline.samples(tid, from, to)].length * SAMPLED_EVERY >= (to - from) * MOST_OF_IT;
  }

  private inCall(
    call: CallRow,
    from: number,
    to: number,
    via: readonly CallRow[],
    stack?: Set<number>,
  ): void {
    const other =
      stack && to - from >= WORTH_FOLLOWING && stack.size < MAX_DEPTH
        ? (this.wakers.of(call, from, to) ?? this.starter(call, from, to))
        : undefined;
    if (!stack || other === undefined || stack.has(other)) this.leaf(call, from, to, via);
    else this.follow(call, other, from, to, via, stack);
  }

  /**
   * The thread that kept a start from being over while `call` waited for clients, or was woken by one: the first
   * thread of another process that worked most of this time.
   */
  private starter(call: CallRow, from: number, to: number): number | undefined {
    if (!this.starting || !call.target.includes("listen:")) return undefined;
    let most = (to - from) * MOST_OF_IT;
    let found: number | undefined;
    for (const { tid, pid, born, died } of this.timeline.recording.processes) {
      if (tid !== pid || pid === call.pid || born >= to || (died ?? to) <= from) continue;
      let worked = Math.min(died ?? to, to) - Math.max(born, from);
      if (worked <= most) continue;
      for (const c of this.timeline.between(tid, from, to))
        if (isIdle(this.waits.of(c))) worked -= within(c, from, to);
      if (worked <= most) continue;
      most = worked;
      found = tid;
    }
    return found;
  }

  /** Replaces the wait in `call` by what thread `other` did meanwhile. */
  private follow(
    call: CallRow,
    other: number,
    from: number,
    to: number,
    via: readonly CallRow[],
    stack: Set<number>,
  ): void {
    const thread = this.timeline.threads.get(other)!;
    const start = Math.min(to, Math.max(from, thread.born));
    const stop = Math.max(start, Math.min(to, thread.died ?? to));
    if (start > from) this.leaf(call, from, start, via);
    stack.add(other);
    if (stop > start) this.walk(other, start, stop, [...via, call], stack);
    stack.delete(other);
    if (to > stop) this.leaf(call, stop, to, via);
  }

  private leaf(call: CallRow, from: number, to: number, via: readonly CallRow[]): void {
    const wait = this.waits.of(call);
    const { table } = this.timeline;
    const inside = (a: number, b: number, category: Segment["category"], kind: string, target: string) => {
      if (b <= a) return;
      if (category === "cpu") this.pieces.work(a, b, call.tid, call.pid, via, table, table.indexOf(call));
      else this.out.push({ from: a, to: b, category, tid: call.tid, pid: call.pid, call, target, via, kind });
    };
    if (call.blocked < 0 || wait.category === "cpu" || this.attachedIn(call)) {
      inside(from, to, wait.category, wait.kind, wait.target);
      return;
    }
    const all = call.duration > 0 ? (to - from) / call.duration : 0;
    const [queued, ran] = shares(
      call.queued * all,
      (call.duration - call.blocked - call.queued) * all,
      to - from,
    );
    // a long write copies to memory what the disk gets later: who looks at the file is right with either engine
    const whole = isWhole(call) || (wait.category === "disk" && call.duration >= WORTH_FOLLOWING);
    const end = to - queued - (whole ? 0 : ran);
    inside(from, end, wait.category, wait.kind, wait.target);
    inside(end, to - queued, "cpu", "calls", "");
    inside(to - queued, to, "runqueue", "runqueue", "");
  }

  /** The thread was in this call when it was attached to: how long it had slept by then nobody knows. */
  private attachedIn(call: CallRow): boolean {
    const { recording, table } = this.timeline;
    if (!recording.lifetime.attached || this.timeline.indexes(call.tid)[0] !== table.indexOf(call))
      return false;
    return call.ts <= (this.timeline.threads.get(call.tid)?.born ?? 0) + ATTACHING;
  }

  private push(segment: Segment): void {
    if (segment.to > segment.from) this.out.push(segment);
  }
}

/** Two parts (ns) of `whole`, unknown (negative) ones as nothing. */
function shares(a: number, b: number, whole: number): [number, number] {
  const first = Math.min(Math.max(0, a), whole);
  return [first, Math.min(Math.max(0, b), whole - first)];
}

const blank = { category: undefined, target: "", kind: "unknown" } as const;
