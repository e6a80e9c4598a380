/** What a process computed, from samples of its threads on a CPU: functions by their share. */
import { basename } from "node:path";
import type { Frame } from "../record/model.ts";
import type { Timeline } from "./timeline.ts";
import type { Segment } from "./types.ts";

export interface FunctionShare {
  /** Name and, in parentheses, the module it is in. */
  readonly name: string;
  /** Share of the samples, 0..1. */
  readonly share: number;
  /** With what it called; false: in its own instructions. */
  readonly inclusive: boolean;
}

/** Fewer samples than this say nothing about shares. */
const ENOUGH = 20;
/** A function is named when this share of the samples is in its own instructions. */
const OWN = 0.2;
/** Where no function is: the innermost that has this share with what it called. */
const BELOW = 0.6;
const MOST_NAMED = 2;

/** Functions that stand out in the samples of these segments' threads; none when there are too few samples. */
export function functionsOf(timeline: Timeline, segments: readonly Segment[]): FunctionShare[] {
  const own = new Map<string, number>();
  const below = new Map<string, { count: number; depth: number }>();
  let total = 0;
  for (const s of segments) {
    for (const sample of timeline.samples(s.tid, s.from, s.to)) {
      const frames = timeline.recording.stacks.get(sample.stack) ?? [];
      total++;
      const first = frames.find((f) => f.function !== "");
      if (first) own.set(nameOf(first), (own.get(nameOf(first)) ?? 0) + 1);
      const seen = new Set<string>();
      for (const [i, f] of frames.entries()) {
        const name = nameOf(f);
        if (f.function === "" || seen.has(name)) continue;
        seen.add(name);
        const known = below.get(name) ?? { count: 0, depth: 0 };
        known.count++;
        known.depth += frames.length - i;
        below.set(name, known);
      }
    }
  }
  if (total < ENOUGH) return [];
  const named = [...own]
    .filter(([, n]) => n >= total * OWN)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_NAMED)
    .map(([name, n]) => ({ name, share: n / total, inclusive: false }));
  if (named.length > 0) return named;
  const deepest = [...below]
    .filter(([, b]) => b.count >= total * BELOW)
    .sort((a, b) => b[1].depth / b[1].count - a[1].depth / a[1].count)[0];
  return deepest ? [{ name: deepest[0], share: deepest[1].count / total, inclusive: true }] : [];
}

function nameOf({ function: name, module }: Frame): string {
  const where = module.startsWith("/") ? basename(module) : module === "[kernel]" ? "kernel" : "";
  return where ? `${name} (${where})` : name;
}
