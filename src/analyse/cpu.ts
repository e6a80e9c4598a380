/**
 * Corrects time outside calls by what the kernel says about CPU time: a process that ran less than that was waiting
 * for a CPU, or was stopped by the tracer.
 */
import type { Group } from "./causes.ts";
import type { Timeline } from "./timeline.ts";

/** Differences below this (ns) are noise. */
const NOISE = 20e6;
/** A process that began this long (ns) before the window at most has all its CPU time within it. */
const LEEWAY = 50e6;

interface CpuTimes {
  ran: number;
  queued: number;
}

/** CPU times of a process that lived within the window only; undefined when its share of the window is unknown. */
function timesOf(timeline: Timeline, pid: number, from: number): CpuTimes | undefined {
  const times: CpuTimes = { ran: 0, queued: 0 };
  for (const p of timeline.recording.processes) {
    if (p.pid !== pid) continue;
    if (p.born < from - LEEWAY || p.user_ns === null) return undefined;
    times.ran += p.user_ns + (p.system_ns ?? 0);
    times.queued += p.queued_ns ?? 0;
  }
  return times;
}

/** Returns the groups with CPU groups corrected, and the time (ns) that nothing is known about but tracing. */
export function correctCpu(groups: readonly Group[], from: number): { groups: Group[]; tracing: number } {
  const out: Group[] = [];
  let tracing = 0;
  const totals = new Map<number, number>();
  for (const g of groups) if (g.category === "cpu") totals.set(g.pid, (totals.get(g.pid) ?? 0) + g.total);
  for (const g of groups) {
    const times = g.category === "cpu" ? timesOf(g.timeline, g.pid, from) : undefined;
    const all = totals.get(g.pid) ?? 0;
    const excess = times ? all - times.ran : 0;
    if (!times || excess < NOISE || excess < 0.05 * all) {
      out.push(g);
      continue;
    }
    const queued = Math.min(excess, times.queued) >= NOISE ? Math.min(excess, times.queued) : 0;
    const share = g.total / all;
    tracing += (excess - queued) * share;
    out.push({ ...g, total: (all - excess) * share });
    if (queued > 0)
      out.push({ ...g, category: "runqueue", kind: "runqueue", total: queued * share, calls: new Set() });
  }
  return { groups: out.filter((g) => g.total > 0), tracing };
}
