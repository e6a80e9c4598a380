/** Explains where the time of a restart, start, stop or run went. Pure: recordings in, report out. */
import type { Lifetime, Recording } from "../record/model.ts";
import { supervision } from "./between.ts";
import { group, type PhaseSegments, rank } from "./causes.ts";
import { correctCpu, unexplained } from "./cpu.ts";
import { CriticalPath } from "./path.ts";
import { recognise } from "./patterns.ts";
import { diedByItself, isCrashing, type Plan, plan, readyThread } from "./phases.ts";
import { Timeline } from "./timeline.ts";
import { totals } from "./totals.ts";
import type { Death, Phase, Report, Segment } from "./types.ts";
import { conclude, type Scale } from "./verdict.ts";

/** Phases in which nothing of the service itself is waited for. */
const SUPERVISED = /^(finish|respawn delay)$/;

/** `current` is the newest lifetime, `previous` the one before it, if known; `scale` says what counts as slow. */
export function analyse(current: Recording, previous?: Recording, scale: Scale = {}): Report {
  const p = plan(current, previous);
  const timelines = new Map<Recording, Timeline>();
  let before: Timeline | undefined;
  for (const r of [p.previous, p.current]) {
    if (!r) continue;
    before = new Timeline(r, before);
    timelines.set(r, before);
  }
  const parts = recognise(attribute(p, timelines));
  const from = p.phases[0]?.from ?? current.lifetime.started;
  const grouped = group(parts);
  const { groups, tracing } = correctCpu(grouped.groups, from);
  const to = p.phases.at(-1)?.to ?? from;
  const stop = p.previous?.lifetime;
  const losses = [p.previous, p.current].flatMap((r) => r?.losses ?? []);
  const report: Omit<Report, "verdict" | "hint"> = {
    kind: p.kind,
    usual: p.kind === "restart" ? scale.usual : undefined,
    lifetime: current.lifetime,
    asked: stop && stop.asked !== null ? (stop.asked + stop.anchor) / 1e9 : null,
    askedBy: stop?.asked_by ?? null,
    deaths: deathsOf(p, current),
    when: from + current.lifetime.anchor,
    total: (to - from) / 1e9,
    phases: p.phases.map(({ name, text, from: a, to: b }) => ({ name, text, seconds: (b - a) / 1e9 })),
    causes: rank(groups, to - from, (t) => t.recording.lifetime),
    ...unexplained(grouped.unattributed, tracing, current.lifetime),
    processes: [...timelines.values()].flatMap((t) => totals(t, from, to)),
    lost: losses.reduce((n, l) => n + l.count, 0),
    losses: losses.map(({ count, reason }) => ({ count, reason })),
    notes: p.notes,
  };
  return { ...report, ...conclude(report, { ...scale, usual: report.usual }) };
}

/** The deaths that nobody asked for: that of the lifetime that ended, and where it is the next to go, of the newest. */
function deathsOf({ previous }: Plan, newest: Recording): Death[] {
  const death = ({ status, signal, attached, started, died }: Lifetime, again: boolean): Death => {
    return { status, signal, seconds: attached ? null : (died! - started) / 1e9, again };
  };
  const first = previous && diedByItself(previous.lifetime) ? [death(previous.lifetime, false)] : [];
  return isCrashing(newest) ? [...first, death(newest.lifetime, true)] : first;
}

/** The critical path of each phase. */
function attribute(p: Plan, timelines: ReadonlyMap<Recording, Timeline>): PhaseSegments[] {
  const parts: PhaseSegments[] = [];
  const starts = p.phases.filter((x) => x.name === "run script" || x.name === "starting");
  for (const phase of p.phases) {
    if (starts.includes(phase)) continue;
    const recording = (p.kind === "run" ? p.current : p.previous)!;
    const timeline = timelines.get(recording)!;
    const segments = SUPERVISED.test(phase.name)
      ? supervision(phase, recording, p.current)
      : stopSegments(phase, timeline);
    parts.push({ phase, timeline, segments });
  }
  if (p.current && starts.length > 0) {
    const timeline = timelines.get(p.current)!;
    const path = new CriticalPath(timeline, true);
    const cuts = starts.map((x) => x.from);
    const all = path.upTo(readyThread(timeline.recording), starts[0].from, starts.at(-1)!.to, cuts);
    for (const phase of starts) parts.push({ phase, timeline, segments: clip(all, phase) });
  }
  return parts;
}

function stopSegments(phase: Phase, timeline: Timeline): Segment[] {
  const { lifetime } = timeline.recording;
  const path = new CriticalPath(timeline);
  if (phase.name === "leftovers") {
    const last = timeline.recording.processes
      .filter((x) => x.tid === x.pid && x.pid !== lifetime.pid && (x.died ?? phase.to) >= phase.from)
      .sort((a, b) => (b.died ?? Number.MAX_VALUE) - (a.died ?? Number.MAX_VALUE))[0];
    return path.upTo(last?.tid ?? lifetime.pid, phase.from, phase.to);
  }
  return path.upTo(timeline.enderOf(lifetime.pid) ?? lifetime.pid, phase.from, phase.to);
}

function clip(segments: readonly Segment[], phase: Phase): Segment[] {
  return segments
    .filter((s) => s.to > phase.from && s.from < phase.to)
    .map((s) => ({ ...s, from: Math.max(s.from, phase.from), to: Math.min(s.to, phase.to) }));
}
