/**
 * What a running service waited for: every thread of a window speaks for itself. Waiting for something to do (clients,
 * children, a condition) is idle time and no cause; the rest is summed over all threads.
 */
import { lowest } from "../base/search.ts";
import type { CallRow, ProcessRow, Recording } from "../record/model.ts";
import { group, rank } from "./causes.ts";
import { median } from "./compare.ts";
import { correctCpu, unexplained } from "./cpu.ts";
import { directories } from "./directories.ts";
import { tidOf } from "./distinct.ts";
import { CriticalPath } from "./path.ts";
import { coveredTo } from "./phases.ts";
import { Timeline } from "./timeline.ts";
import { totals } from "./totals.ts";
import type { Phase, Report, Segment } from "./types.ts";
import { concludeRunning } from "./verdict.ts";
import { isFutex, isPoll, isRead, isSleep, looksAtNothing, ownerIn, timedOut } from "./waits.ts";

/** A wait for a condition longer than this (ns) is a thread without work; a shorter one contends for a lock. */
const CONTENTION = 1e9;
/** A thread that sleeps this share of its time, but for what it waits for a CPU, does something now and then. */
const PERIODIC = 0.95;
/** So does one that only computes and sleeps evenly: so many sleeps at least, this share of their time of about the
 * median length, and this share of the thread's time at most in other waits. */
const FEWEST_SLEEPS = 3;
const EVEN_SHARE = 0.8;
const OTHER_WAITS = 0.05;
/** Who has waited this long (ns) does not just take turns. */
const DEADLOCK = 0.5e9;

export function analyseRunning(recording: Recording): Report {
  const { lifetime } = recording;
  const timeline = new Timeline(recording);
  const [from, to] = [lifetime.started, coveredTo(recording)];
  const phase: Phase = { name: "running", from, to, text: "the time that was recorded" };
  const path = new CriticalPath(timeline);
  const threads = timeline.recording.processes.map((thread) => {
    const [born, died] = [Math.max(from, thread.born), Math.min(to, thread.died ?? to)];
    const own = path.alone(thread.tid, born, died);
    return { tid: thread.tid, own, timer: isTimer(own, died - born) };
  });
  const locks = new Locks(timeline, new Map(threads.map(({ tid, own }) => [tid, own])));
  let idle = 0;
  const segments: Segment[] = [];
  for (const { own, timer } of threads)
    for (const s of own)
      if (isIdle(timeline, locks, s) || (timer && s.category === "sleep")) idle += s.to - s.from;
      else segments.push(s);
  const silent = timeline.recording.processes.filter(
    (p) => !timeline.isKnown(p.tid) && (p.died ?? to) > from,
  );
  const grouped = group([{ phase, timeline, segments: directories(segments) }]);
  const { groups, tracing } = correctCpu(grouped.groups, from);
  const busy = groups.reduce((sum, g) => sum + g.total, 0);
  const report: Omit<Report, "verdict" | "hint"> = {
    kind: "run",
    lifetime,
    asked: null,
    askedBy: null,
    deaths: [],
    when: from + lifetime.anchor,
    total: (to - from) / 1e9,
    phases: [{ name: phase.name, text: phase.text, seconds: (to - from) / 1e9 }],
    causes: rank(groups, busy, () => lifetime),
    ...unexplained(grouped.unattributed, tracing, lifetime),
    idle: idle / 1e9,
    processes: totals(timeline, from, to),
    lost: recording.losses.reduce((n, l) => n + l.count, 0),
    losses: recording.losses.map(({ count, reason }) => ({ count, reason })),
    notes: [
      "seconds are summed over all threads, and shares are of the time they were not idle",
      ...locks.cycles(),
      ...unseen(silent, recording),
    ],
  };
  return {
    ...report,
    ...concludeRunning(
      report,
      silent.some((p) => p.tid === lifetime.pid),
    ),
  };
}

/** Threads of which nothing was recorded: stopped, waiting for memory, or in a call that could not be looked at. */
function unseen(silent: readonly ProcessRow[], { processes, lifetime }: Recording): string[] {
  if (silent.length === 0) return [];
  const which = silent.length === processes.length ? "all" : `${silent.length} of ${processes.length}`;
  return [
    `${which} threads made no call and did not run: ps -L -o tid,stat,wchan -p ${lifetime.pid} says where they are`,
  ];
}

/** A thread that does something now and then. `span`: its time, ns. */
function isTimer(own: readonly Segment[], span: number): boolean {
  let slept = 0;
  let waited = 0;
  let queued = 0;
  const sleeps: number[] = [];
  for (const s of own) {
    const ns = s.to - s.from;
    if (s.category === "sleep") slept += ns;
    else if (s.category === "runqueue") queued += ns;
    else if (s.category !== "cpu") waited += ns;
    if (s.category === "sleep" && s.call && isSleep(s.call.name)) sleeps.push(ns);
  }
  if (slept > PERIODIC * (span - queued)) return true;
  if (sleeps.length < FEWEST_SLEEPS || waited > OTHER_WAITS * span) return false;
  const middle = median(sleeps);
  const even = sleeps.filter((ns) => ns > middle / 2 && ns < middle * 1.5);
  return even.reduce((sum, ns) => sum + ns, 0) >= EVEN_SHARE * slept;
}

/** Who holds what is waited for, and whether that matters. */
class Locks {
  constructor(
    private readonly timeline: Timeline,
    /** What each thread did, in order. */
    private readonly threads: ReadonlyMap<number, readonly Segment[]>,
  ) {}

  /** The thread that has the mutex, or the process that has the file lock, as far as it was found out. */
  private holder(call: CallRow): number | undefined {
    const owner = ownerIn(call.target);
    const found = owner === undefined ? this.timeline.holderOf(call) : undefined;
    const tid = owner ?? (found && Number.parseInt(found.text, 10));
    return tid === undefined ? undefined : this.timeline.numberOf(tid, call.ts);
  }

  /** Threads that have waited for each other's mutexes long enough, and did to the end. */
  cycles(): string[] {
    const waits = new Map<number, number>();
    for (const [tid, own] of this.threads) {
      const call = own.findLast((s) => s.call?.unfinished)?.call;
      const owner = call && call.duration >= DEADLOCK ? ownerIn(call.target) : undefined;
      if (owner !== undefined) waits.set(tid, this.timeline.numberOf(owner, call!.ts));
    }
    const found: string[] = [];
    for (const start of waits.keys()) {
      const chain = [start];
      for (let next = waits.get(start); next !== undefined && !chain.includes(next); next = waits.get(next))
        chain.push(next);
      if (waits.get(chain.at(-1)!) !== start) continue;
      const others = [...chain.slice(1), start].map(tidOf).join(", which waits for a lock of ");
      found.push(`a deadlock: ${tidOf(start)} waits for a lock of ${others}`);
      for (const tid of chain) waits.delete(tid);
    }
    return found;
  }

  isHeld(call: CallRow): boolean {
    return this.holder(call) !== undefined;
  }

  /**
   * One of several that take turns in waiting for something to do, as clients: another has the lock, and waits for that. One
   * of which nothing is known sits in an earlier call.
   */
  queuesBehind({ call, from, to }: Segment): boolean {
    const holder = call && this.holder(call);
    const own = holder === undefined ? undefined : this.threads.get(holder);
    if (holder === undefined || !own) return false;
    const middle = (from + to) / 2;
    const meanwhile = own[lowest(own.length, (i) => own[i].to > middle)];
    if (meanwhile?.category === undefined || meanwhile.from > middle) return !this.timeline.isKnown(holder);
    const { category } = meanwhile;
    // who has a lock and waits for a child, or for one more lock, makes others wait
    const waits = category === "lock" && meanwhile.call !== undefined && !this.isHeld(meanwhile.call);
    return (waits || /^(network|ipc|sleep)$/.test(category)) && isIdle(this.timeline, this, meanwhile);
  }
}

/** Nobody waits for a thread in this. */
function isIdle(timeline: Timeline, locks: Locks, s: Segment): boolean {
  const { call } = s;
  if (!call) return false;
  if (s.category === "lock" && locks.isHeld(call)) return locks.queuesBehind(s);
  if (s.category === "child") return true;
  if (s.kind === "futex" || s.kind === "semaphore")
    return call.unfinished || call.duration >= CONTENTION || timedOut(call);
  // a condition that did not come, the beat of a loop of events
  if (s.category === "sleep") return isFutex(call.name) || (isPoll(call.name) && !looksAtNothing(call));
  if (s.category === "ipc" && s.kind === "partner") return false;
  // of a read that had not returned in the end nobody may know the object
  if (s.category === "ipc") return s.kind !== "other" || (call.unfinished && isRead(call.name));
  if (s.category !== "network") return false;
  // several peers at once, or one that came to us: its next request is awaited
  const several = isPoll(call.name) && call.target.includes(" | ");
  const client = (isPoll(call.name) || isRead(call.name)) && timeline.isClient(s.target);
  return client || (several && /(^| )listen:/.test(call.target));
}
