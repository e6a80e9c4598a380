/**
 * The critical path: what the end of a window had to wait for. A thread's time is the calls it was in and the time
 * between them; a call that waits for another of our processes is replaced by what that one did meanwhile.
 */
import type { CallRow } from "../record/model.ts";
import { endOf, type Timeline } from "./timeline.ts";
import type { Segment } from "./types.ts";
import { isPause, isPoll, isRead, isSleep, isWait, isWrite, timedOut, Waits } from "./waits.ts";

/** Shorter waits (ns) are not followed into other processes. */
const WORTH_FOLLOWING = 1e6;
const SLACK = 5e6;
/** A write that wakes a reader began at most this long (ns) before the reader began to wait. */
const LONG_WRITE = 1e9;
const MAX_DEPTH = 12;

export class CriticalPath {
  private readonly waits: Waits;
  private out: Segment[] = [];

  constructor(private readonly timeline: Timeline) {
    this.waits = new Waits(timeline);
  }

  /**
   * Segments that fill [from, to]: what thread `tid` did, and before it existed, what the one that made it did.
   */
  upTo(tid: number, from: number, to: number): Segment[] {
    this.out = [];
    this.back(tid, from, to, new Set());
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
    // started, but not yet attached to
    const attached = thread ? Math.min(Math.max(from, thread.born), to) : from;
    this.push({ ...blank, from, to: attached, tid, pid: this.timeline.pidOf(tid), via: [] });
    this.walk(tid, attached, to, [], new Set([tid]));
  }

  private walk(tid: number, from: number, to: number, via: readonly CallRow[], stack: Set<number>): void {
    const died = this.timeline.diedOf(tid);
    const end = Math.min(to, Math.max(died, from));
    let at = from;
    for (const call of this.timeline.between(tid, from, end)) {
      const start = Math.max(call.ts, at);
      const stop = Math.min(endOf(call), end);
      if (stop <= at) continue;
      if (start > at) this.between(tid, at, start, via);
      this.inCall(call, start, stop, via, stack);
      at = stop;
    }
    if (end > at) this.between(tid, at, end, via);
    if (to > end) this.push({ ...blank, from: end, to, tid, pid: this.timeline.pidOf(tid), via });
  }

  /** Time outside calls. Without any recorded call of the thread nothing is known. */
  private between(tid: number, from: number, to: number, via: readonly CallRow[]): void {
    const known = this.timeline.calls(tid).length > 0;
    const pid = this.timeline.pidOf(tid);
    this.push({ from, to, tid, pid, via, target: "", category: known ? "cpu" : undefined, kind: "outside" });
  }

  private inCall(call: CallRow, from: number, to: number, via: readonly CallRow[], stack: Set<number>): void {
    const other =
      to - from >= WORTH_FOLLOWING && stack.size < MAX_DEPTH ? this.waitedFor(call, from, to) : undefined;
    if (other === undefined || stack.has(other)) {
      this.leaf(call, from, to, via);
      return;
    }
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
    this.push({ from, to, tid: call.tid, pid: call.pid, call, via, ...wait });
  }

  private push(segment: Segment): void {
    if (segment.to > segment.from) this.out.push(segment);
  }

  /** The thread of ours that a call waited for. */
  private waitedFor(call: CallRow, from: number, to: number): number | undefined {
    const { timeline } = this;
    if (isWait(call.name)) return this.child(call, to);
    if (/^v?fork$/.test(call.name) || /CLONE_VFORK/.test(call.args))
      return this.known(Number.parseInt(call.ret, 10));
    if (isSleep(call.name) || (isPoll(call.name) && !call.target)) {
      const polled = this.polledFor(call);
      if (polled !== undefined) return polled;
    }
    const waitsForAnything = isSleep(call.name) || isPoll(call.name) || isPause(call.name);
    if (waitsForAnything && !timedOut(call)) {
      const signal = timeline.interruption(call);
      if (signal?.name === "SIGCHLD") {
        const dead = timeline.lastDeath(call.ts, signal.ts, (p) => timeline.pidOf(p.parent) === call.pid);
        if (dead) return this.known(dead.pid);
      } else if (signal && signal.sender !== call.pid) {
        const sender = this.known(signal.sender);
        if (sender !== undefined) return sender;
      }
    }
    if (call.name === "futex") return this.waker(call);
    if (isRead(call.name) || (isPoll(call.name) && !timedOut(call))) return this.writer(call, from);
    return undefined;
  }

  private known(pid: number): number | undefined {
    return this.timeline.threads.has(pid) ? pid : undefined;
  }

  private child(call: CallRow, to: number): number | undefined {
    const reaped = Number.parseInt(call.ret, 10);
    if (reaped > 0) return this.known(reaped);
    const asked = /^(\d+),/.exec(call.args)?.[1];
    if (asked) return this.known(Number(asked));
    const alive = this.timeline.children(call.pid).filter((p) => p.born < to && (p.died ?? to) >= call.ts);
    // not returned: the one that lasts longest keeps it waiting
    alive.sort((a, b) => (b.died ?? Number.MAX_VALUE) - (a.died ?? Number.MAX_VALUE) || a.born - b.born);
    return alive[0]?.pid;
  }

  /** A sleep between looks at a child (`wait4(…, WNOHANG)`, `kill(pid, 0)`) is a wait for that child. */
  private polledFor(call: CallRow): number | undefined {
    const next = this.timeline.after(call, 4).find((c) => isWait(c.name) || c.name === "kill");
    if (!next) return undefined;
    if (next.name === "kill") {
      const probed = /^(\d+), 0$/.exec(next.args)?.[1];
      return probed ? this.known(Number(probed)) : undefined;
    }
    if (!/WNOHANG/.test(next.args)) return undefined;
    for (const c of [next, ...this.timeline.after(next, 2000)]) {
      const pid = isWait(c.name) ? Number.parseInt(c.ret, 10) : 0;
      if (pid > 0) return this.known(pid);
    }
    return this.child(next, endOf(next));
  }

  /** Who wrote into the pipe that was read, or whose death closed it. */
  private writer(call: CallRow, from: number): number | undefined {
    const pipes = call.target.split(" | ").filter((t) => /^(pipe:|unix:\[|socket:\[)/.test(t));
    if (pipes.length === 0) return undefined;
    const end = endOf(call);
    let last: CallRow | undefined;
    for (const c of this.timeline.begun(from - LONG_WRITE, end)) {
      if (c.pid === call.pid || !isWrite(c.name) || endOf(c) < from || endOf(c) > end + SLACK) continue;
      const same = pipes.some((p) =>
        p.startsWith("pipe:") ? c.target === p : /^(unix|socket):\[/.test(c.target),
      );
      if (same && (!last || endOf(c) > endOf(last))) last = c;
    }
    if (last) return this.known(last.tid);
    const eof = isRead(call.name) && /^0$/.test(call.ret);
    return eof
      ? this.timeline.lastDeath(from, end + SLACK, (p) => p.pid !== call.pid && p.tid === p.pid)?.tid
      : undefined;
  }

  /** The thread that woke a futex waiter, or that ended while it was joined. */
  private waker(call: CallRow): number | undefined {
    if (!/FUTEX_WAIT/.test(call.args)) return undefined;
    const address = /^(0x[0-9a-f]+)/.exec(call.args)?.[1];
    const end = endOf(call);
    let last: CallRow | undefined;
    for (const c of this.timeline.begun(call.ts, end)) {
      if (c.pid !== call.pid || c.tid === call.tid || c.name !== "futex" || !/FUTEX_WAKE/.test(c.args))
        continue;
      if (c.args.startsWith(`${address},`)) last = c;
    }
    if (last) return last.tid;
    return this.timeline.lastDeath(end - SLACK, end + SLACK, (p) => p.pid === call.pid && p.tid !== call.tid)
      ?.tid;
  }
}

const blank = { category: undefined, target: "", kind: "unknown" } as const;
