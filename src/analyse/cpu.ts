/**
 * Corrects time outside calls by what the kernel says about CPU time: a process that ran less than that was waiting
 * for a CPU, or was stopped by the tracer.
 */
import type { Lifetime } from "../record/model.ts";
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

/** CPU times of processes that lived within the window only: the share of others in the window is unknown. */
class Times {
  private readonly known = new Map<Timeline, Map<number, CpuTimes | undefined>>();

  constructor(private readonly from: number) {}

  of(timeline: Timeline, pid: number): CpuTimes | undefined {
    let times = this.known.get(timeline);
    if (!times) {
      times = new Map();
      for (const p of timeline.recording.processes) {
        const sum = times.has(p.pid) ? times.get(p.pid) : { ran: 0, queued: 0 };
        const known = sum && p.born >= this.from - LEEWAY && p.user_ns !== null;
        if (known) {
          sum.ran += p.user_ns! + (p.system_ns ?? 0);
          sum.queued += p.queued_ns ?? 0;
        }
        times.set(p.pid, known ? sum : undefined);
      }
      this.known.set(timeline, times);
    }
    return times.get(pid);
  }
}

/** Seconds of a report that no cause explains: `unattributed` ns, and `tracing` ns, which only ptrace takes. */
export const unexplained = (unattributed: number, tracing: number, { engine }: Lifetime) => ({
  unattributed: (unattributed + tracing) / 1e9,
  tracing: engine === "bpf" ? 0 : tracing / 1e9,
});

/** Returns the groups with CPU groups corrected, and the time (ns) that nothing is known about but tracing. */
export function correctCpu(groups: readonly Group[], from: number): { groups: Group[]; tracing: number } {
  const out: Group[] = [];
  let tracing = 0;
  const cpuTimes = new Times(from);
  const totals = new Map<number, number>();
  for (const g of groups) if (g.category === "cpu") totals.set(g.pid, (totals.get(g.pid) ?? 0) + g.total);
  for (const g of groups) {
    const times = g.category === "cpu" ? cpuTimes.of(g.timeline, g.pid) : undefined;
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
      out.push({
        ...g,
        category: "runqueue",
        kind: "runqueue",
        total: queued * share,
        calls: new Set(),
        more: 0,
        segments: [...g.segments],
      });
  }
  return { groups: out.filter((g) => g.total > 0), tracing };
}
