/**
 * What a running service waited for: every thread of a window speaks for itself. Waiting for something to do (clients,
 * children, a condition) is idle time and no cause; the rest is summed over all threads.
 */
import type { Recording } from "../record/model.ts";
import { group, rank } from "./causes.ts";
import { correctCpu } from "./cpu.ts";
import { directories } from "./directories.ts";
import { CriticalPath } from "./path.ts";
import { coveredTo } from "./phases.ts";
import { Timeline } from "./timeline.ts";
import { totals } from "./totals.ts";
import type { Phase, Report, Segment } from "./types.ts";
import { concludeRunning } from "./verdict.ts";
import { isPoll, isRead } from "./waits.ts";

/** A wait for a condition longer than this (ns) is a thread without work; a shorter one contends for a lock. */
const CONTENTION = 1e9;
/** A thread that sleeps this share of the window does something now and then, and makes nobody wait. */
const PERIODIC = 0.95;

export function analyseRunning(recording: Recording): Report {
  const { lifetime } = recording;
  const timeline = new Timeline(recording);
  const [from, to] = [lifetime.started, coveredTo(recording)];
  const phase: Phase = { name: "running", from, to, text: "the time that was recorded" };
  const path = new CriticalPath(timeline);
  let idle = 0;
  const segments: Segment[] = [];
  for (const thread of recording.processes) {
    const own = path.alone(thread.tid, Math.max(from, thread.born), Math.min(to, thread.died ?? to));
    const slept = own.reduce((sum, s) => sum + (s.category === "sleep" ? s.to - s.from : 0), 0);
    const periodic = slept > PERIODIC * (to - from);
    for (const s of own) {
      if (isIdle(timeline, s) || (periodic && s.category === "sleep")) idle += s.to - s.from;
      else segments.push(s);
    }
  }
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
    notes: ["seconds are summed over all threads, and shares are of the time they were not idle"],
  };
  return { ...report, ...concludeRunning(report) };
}

/** Nobody waits for a thread in this. */
function isIdle(timeline: Timeline, s: Segment): boolean {
  const { call } = s;
  if (!call) return false;
  if (s.category === "child") return true;
  if (s.category === "lock" && s.kind === "futex") return call.unfinished || call.duration >= CONTENTION;
  // of a read that had not returned in the end nobody may know the object
  if (s.category === "ipc") return s.kind !== "other" || (call.unfinished && isRead(call.name));
  if (s.category !== "network") return false;
  // several peers at once, or one that came to us: its next request is awaited
  const several = isPoll(call.name) && call.target.includes(" | ");
  const client = (isPoll(call.name) || isRead(call.name)) && timeline.isClient(s.target);
  return client || (several && /(^| )listen:/.test(call.target));
}
