/** What each process did within a window: how long it was there, waited in calls, ran outside calls. */
import { tidOf } from "./distinct.ts";
import type { Timeline } from "./timeline.ts";
import type { ProcessTotal } from "./types.ts";

/** Totals in seconds, longest waiting first. */
export function totals(timeline: Timeline, from: number, to: number): ProcessTotal[] {
  const byPid = new Map<number, ProcessTotal>();
  for (const thread of timeline.recording.processes) {
    const wall = Math.min(thread.died ?? to, to) - Math.max(thread.born, from);
    if (wall <= 0) continue;
    const waiting = timeline.inCalls(thread.tid, from, to);
    const cpu = thread.user_ns === null ? undefined : (thread.user_ns + (thread.system_ns ?? 0)) / 1e9;
    const total = byPid.get(thread.pid) ?? {
      pid: tidOf(thread.pid),
      comm: timeline.comm(thread.pid),
      argv: timeline.threads.get(thread.pid)?.argv ?? "",
      wall: 0,
      waiting: 0,
      outside: 0,
      cpu: undefined,
    };
    total.wall += wall / 1e9;
    total.waiting += waiting / 1e9;
    total.outside += Math.max(0, wall - waiting) / 1e9;
    if (cpu !== undefined) total.cpu = (total.cpu ?? 0) + cpu;
    byPid.set(thread.pid, total);
  }
  return [...byPid.values()].sort((a, b) => b.wall - a.wall);
}
