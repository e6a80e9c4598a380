/**
 * What a running service waited for: every thread of a window speaks for itself. Waiting for something to do (clients,
 * children, a condition) is idle time and no cause; the rest is summed over all threads.
 */
import type { ProcessRow, Recording } from "../record/model.ts";
import { group, rank } from "./causes.ts";
import { median } from "./compare.ts";
import { correctCpu } from "./cpu.ts";
import { directories } from "./directories.ts";
import { CriticalPath } from "./path.ts";
import { coveredTo } from "./phases.ts";
import { Timeline } from "./timeline.ts";
import { totals } from "./totals.ts";
import type { Phase, Report, Segment } from "./types.ts";
import { concludeRunning } from "./verdict.ts";
import { isFutex, isPoll, isRead, isSleep, looksAtNothing, timedOut } from "./waits.ts";

/** A wait for a condition longer than this (ns) is a thread without work; a shorter one contends for a lock. */
const CONTENTION = 1e9;
/** A thread that sleeps this share of its time, but for what it waits for a CPU, does something now and then. */
const PERIODIC = 0.95;
/** So does one that only computes and sleeps evenly: so many sleeps at least, this share of their time of about the
 * median length, and this share of the thread's time at most in other waits. */
const FEWEST_SLEEPS = 3;
const EVEN_SHARE = 0.8;
const OTHER_WAITS = 0.05;

export function analyseRunning(recording: Recording): Report {
  const { lifetime } = recording;
  const timeline = new Timeline(recording);
  const [from, to] = [lifetime.started, coveredTo(recording)];
  const phase: Phase = { name: "running", from, to, text: "the time that was recorded" };
  const path = new CriticalPath(timeline);
  let idle = 0;
  const segments: Segment[] = [];
  for (const thread of recording.processes) {
    const [born, died] = [Math.max(from, thread.born), Math.min(to, thread.died ?? to)];
    const own = path.alone(thread.tid, born, died);
    const timer = isTimer(own, died - born);
    for (const s of own) {
      const nobodyWaits = isIdle(timeline, s) || (s.category === "lock" && queuesBehind(timeline, s));
      if (nobodyWaits || (timer && s.category === "sleep")) idle += s.to - s.from;
      else segments.push(s);
    }
  }
  const silent = recording.processes.filter((p) => !timeline.isKnown(p.tid) && (p.died ?? to) > from);
  const grouped = group([{ phase, timeline, segments: directories(segments) }]);
  const { groups, tracing } = correctCpu(grouped.groups, from);
  const busy = groups.reduce((sum, g) => sum + g.total, 0);
  const report: Omit<Report, "verdict" | "hint"> = {
    kind: "run",
    lifetime,
    asked: null,
    askedBy: null,
    when: from + lifetime.anchor,
    total: (to - from) / 1e9,
    phases: [{ name: phase.name, text: phase.text, seconds: (to - from) / 1e9 }],
    causes: rank(groups, busy, () => lifetime),
    unattributed: (grouped.unattributed + tracing) / 1e9,
    tracing: tracing / 1e9,
    idle: idle / 1e9,
    processes: totals(timeline, from, to),
    lost: recording.losses.reduce((n, l) => n + l.count, 0),
    losses: recording.losses.map(({ count, reason }) => ({ count, reason })),
    notes: [
      "seconds are summed over all threads, and shares are of the time they were not idle",
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

/** Threads of which nothing was recorded sit in a call that began before. */
function unseen(silent: readonly ProcessRow[], { processes, lifetime }: Recording): string[] {
  if (silent.length === 0) return [];
  const which = silent.length === processes.length ? "all" : `${silent.length} of ${processes.length}`;
  return [
    `${which} threads sat in a call that began before: svtrace stuck ${lifetime.pid} says in which and for what`,
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

/**
 * One of several processes that take turns in waiting for clients: the lock is held by another that waits for them.
 */
function queuesBehind(timeline: Timeline, { call, from, to }: Segment): boolean {
  if (!call || isFutex(call.name)) return false;
  const held = timeline.recording.events.filter((e) => e.kind === "holder" && e.pid === call.tid);
  const holder = Number.parseInt(held.find((e) => Math.abs(e.ts - call.ts) < 1e6)?.text ?? "", 10);
  if (!timeline.threads.has(holder)) return false;
  const [meanwhile] = timeline.between(holder, (from + to) / 2, (from + to) / 2 + 1);
  return meanwhile === undefined
    ? !timeline.isKnown(holder)
    : /^accept4?$/.test(meanwhile.name) || (isPoll(meanwhile.name) && /listen:/.test(meanwhile.target));
}

/** Nobody waits for a thread in this. */
function isIdle(timeline: Timeline, s: Segment): boolean {
  const { call } = s;
  if (!call) return false;
  if (s.category === "child") return true;
  if (s.kind === "futex" || s.kind === "semaphore")
    return call.unfinished || call.duration >= CONTENTION || timedOut(call);
  // the beat of a loop of events
  if (s.category === "sleep") return isPoll(call.name) && !looksAtNothing(call);
  // of a read that had not returned in the end nobody may know the object
  if (s.category === "ipc") return s.kind !== "other" || (call.unfinished && isRead(call.name));
  if (s.category !== "network") return false;
  // several peers at once, or one that came to us: its next request is awaited
  const several = isPoll(call.name) && call.target.includes(" | ");
  const client = (isPoll(call.name) || isRead(call.name)) && timeline.isClient(s.target);
  return client || (several && /(^| )listen:/.test(call.target));
}
