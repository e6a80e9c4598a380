/** From the critical path to ranked causes: pieces with the same explanation are summed. */
import { printable } from "../base/printable.ts";
import type { CallRow, Lifetime } from "../record/model.ts";
import { tidOf } from "./distinct.ts";
import { evidenceLine } from "./lines.ts";
import type { Timeline } from "./timeline.ts";
import type { Category, Cause, Phase, Segment } from "./types.ts";
import { words } from "./words.ts";

/** Causes below this share of the total, and below this many seconds, are summed into one line. */
const SMALL_SHARE = 0.01;
const SMALL_SECONDS = 0.01;
const EVIDENCE_LINES = 3;

/** Segments of one explanation. */
export interface Group {
  category: Category;
  kind: string;
  target: string;
  pid: number;
  phase: Phase;
  timeline: Timeline;
  /** ns. */
  total: number;
  /** Longest piece, ns. */
  longest: number;
  calls: Set<CallRow>;
  /** Calls that are not among `calls`: those of runs, but the longest of each. */
  more: number;
  segments: Segment[];
}

/** Calls of a group. */
export const countOf = (g: Group): number => g.calls.size + g.more;

/** The longest piece of a segment. */
function longestOf(s: Segment): Segment {
  return s.run ? { ...s, ...s.run.longest, run: undefined } : s;
}

const lengthOf = (s: Segment): number => (s.run ? s.run.longest.to - s.run.longest.from : s.to - s.from);

export interface PhaseSegments {
  phase: Phase;
  timeline: Timeline;
  segments: readonly Segment[];
}

/** Groups segments; those without a category are returned as a sum (ns). */
export function group(parts: readonly PhaseSegments[]): { groups: Group[]; unattributed: number } {
  const groups = new Map<string, Group>();
  let unattributed = 0;
  for (const { phase, timeline, segments } of parts) {
    for (const s of absorbed(segments)) {
      const ns = s.to - s.from;
      if (s.category === undefined) {
        unattributed += ns;
        continue;
      }
      const who = s.category === "lock" || s.category === "supervisor" ? "" : s.pid;
      const key = [phase.name, s.category, grain(s), s.target, who].join("\0");
      let g = groups.get(key);
      if (!g) {
        const { category, kind, target, pid } = s;
        g = {
          category,
          kind,
          target,
          pid,
          phase,
          timeline,
          total: 0,
          longest: 0,
          calls: new Set(),
          more: 0,
          segments: [],
        };
        groups.set(key, g);
      }
      g.total += ns;
      g.longest = Math.max(g.longest, lengthOf(s));
      if (s.call) g.calls.add(s.call);
      if (s.run) {
        for (const call of s.run.slowest) g.calls.add(call);
        g.more += s.run.calls - s.run.slowest.length;
      }
      g.segments.push(s);
    }
  }
  return { groups: [...groups.values()], unattributed };
}

/** Gaps shorter than this (ns) may belong to the calls around them; between look-ups nobody computes for long. */
const SHORT_GAP = 0.5e6;
const LOOKUP_GAP = 10e6;

/**
 * A program that writes and syncs in a loop spends its time on that file: the short gaps between two calls about the
 * same thing (and what tracing adds to them) are part of it, not a cause of their own.
 */
function absorbed(segments: readonly Segment[]): readonly Segment[] {
  for (const [i, s] of segments.entries()) {
    if (s.category !== "cpu" || s.call || s.run) continue;
    const [before, after] = [segments[i - 1], segments[i + 1]];
    const short = before?.kind === "lookup" && after?.kind === "lookup" ? LOOKUP_GAP : SHORT_GAP;
    if (s.to - s.from >= short) continue;
    if (!before?.call || !after?.call || before.tid !== s.tid || after.tid !== s.tid) continue;
    if (before.target === "" || before.target !== after.target || before.category !== after.category)
      continue;
    const { category, kind, target } = before.to - before.from > after.to - after.from ? before : after;
    Object.assign(s, { category, kind, target });
  }
  return segments;
}

/** CPU time is one cause however it was come by. */
function grain(s: Segment): string {
  return s.category === "cpu" ? "cpu" : s.kind;
}

export function rank(groups: readonly Group[], total: number, lifetimes: (t: Timeline) => Lifetime): Cause[] {
  const merged = mergeSmall(groups, total);
  merged.sort((a, b) => b.total - a.total);
  return merged.map((g, i) => {
    const seconds = g.total / 1e9;
    const longest = longestOf(g.segments.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a)));
    const shown = new Set(g.category === "cpu" ? around(g.timeline, longest) : []);
    for (const c of slowest(g.calls, EVIDENCE_LINES + shown.size)) {
      if (shown.size < EVIDENCE_LINES && c.duration > 0) shown.add(c);
    }
    // why the main process waited for a call of another one
    const waiter = longest.via.at(-1);
    const lines = [...shown].sort((a, b) => a.ts - b.ts);
    if (waiter && !shown.has(waiter)) lines.push(waiter);
    return {
      rank: i + 1,
      seconds,
      share: total > 0 ? g.total / total : 0,
      category: g.category,
      kind: g.kind === "peer" && g.timeline.isClient(g.target) ? "client" : g.kind,
      text: words(g) + inProcesses(g) + waiterOf(g),
      phase: g.phase.name,
      syscall: longest.call?.name ?? "",
      target: g.target,
      pid: tidOf(g.pid),
      comm: g.category === "supervisor" ? "" : g.timeline.comm(g.pid),
      count: countOf(g),
      evidence: lines.map((c) => evidenceLine(c, lifetimes(g.timeline))),
    };
  });
}

/** The `count` longest calls, longest first. */
function slowest(calls: Iterable<CallRow>, count: number): CallRow[] {
  const out: CallRow[] = [];
  for (const c of calls) {
    if (out.length === count && c.duration <= out[count - 1].duration) continue;
    let at = out.length;
    while (at > 0 && out[at - 1].duration < c.duration) at--;
    out.splice(at, 0, c);
    if (out.length > count) out.pop();
  }
  return out;
}

function inProcesses(g: Group): string {
  const n = new Set(g.segments.map((s) => s.pid)).size;
  return n > 1 ? ` in ${n} processes` : "";
}

/** Who waited for a process to do this, when that is most of it. */
function waiterOf(g: Group): string {
  if (g.category === "supervisor") return "";
  const byPid = new Map<number, number>();
  for (const s of g.segments) {
    const pid = s.via[0]?.pid;
    if (pid !== undefined && pid !== g.pid) byPid.set(pid, (byPid.get(pid) ?? 0) + s.to - s.from);
  }
  const [pid, ns] = [...byPid].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  return ns > g.total / 2 ? ` while ${printable(g.timeline.comm(pid))}[${tidOf(pid)}] waited for it` : "";
}

/** Time outside calls is shown by the calls before and after it. */
function around(timeline: Timeline, s: Segment): CallRow[] {
  if (s.call) return [];
  const before = timeline.between(s.tid, s.from - 1, s.from + 1).filter((c) => c.ts < s.from);
  const after = timeline.between(s.tid, s.to - 1, s.to + 1).filter((c) => c.ts >= s.to - 1);
  return [...before.slice(-1), ...after.slice(0, 1)];
}

/**
 * Processes of one program that did the same are told as one; then tiny groups of one category and program become
 * one without a target.
 */
function mergeSmall(groups: readonly Group[], total: number): Group[] {
  const comm = (g: Group) => (g.category === "supervisor" ? "" : g.timeline.comm(g.pid));
  const same = merge(groups, (g) => [g.phase.name, g.category, g.kind, g.target, comm(g)].join("\0"));
  const isSmall = (g: Group) => g.total < SMALL_SECONDS * 1e9 || g.total < total * SMALL_SHARE;
  // looked at before the small ones become a larger one
  const large = same.filter((g) => !isSmall(g));
  return [...large, ...merge(same.filter(isSmall), (g) => [g.phase.name, g.category, comm(g)].join("\0"))];
}

/** The groups with the same key become the first of them. */
function merge(groups: readonly Group[], key: (g: Group) => string): Group[] {
  const out = new Map<string, Group>();
  for (const g of groups) {
    const k = key(g);
    const same = out.get(k);
    if (!same) {
      out.set(k, g);
      continue;
    }
    if (same.target !== g.target) same.target = "";
    if (same.kind !== g.kind) same.kind = "various";
    // the one with the longest piece stands for all
    if (g.longest > same.longest) same.pid = g.pid;
    same.total += g.total;
    same.longest = Math.max(same.longest, g.longest);
    for (const c of g.calls) same.calls.add(c);
    same.more += g.more;
    // not spread: there can be more than a call takes arguments
    for (const s of g.segments) same.segments.push(s);
  }
  return [...out.values()];
}
