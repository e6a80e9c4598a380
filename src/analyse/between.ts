/** What the supervisor did between a death and the next start, as it told the recorder; an earlier one told of delays only. */
import type { Recording } from "../record/model.ts";
import type { Phase, Segment } from "./types.ts";

/** One state of the supervisor (docs/SUPERVISION.md). */
interface Step {
  readonly state: string;
  readonly from: number;
  readonly to: number;
  /** Needed services that were not ready. */
  readonly names: string;
}

/** What events of a kind tell of the time between two times, in order. */
const steps = (
  { events }: Recording,
  kind: string,
  from: number,
  to: number,
  what: (text: string) => Pick<Step, "state" | "names">,
): Step[] =>
  events
    .filter((e) => e.kind === kind && e.until !== null)
    .map((e) => ({ ...what(e.text), from: Math.max(e.ts, from), to: Math.min(e.until!, to) }))
    .filter((s) => s.to > s.from)
    .sort((a, b) => a.from - b.from);

/** What the lifetime's supervisor did before it, between two times, in order. */
export const stepsBefore = (r: Recording, from: number, to: number): Step[] =>
  steps(r, "between", from, to, (text) => {
    const [, state, names] = /^(\S*) ?(.*)$/s.exec(text)!;
    return { state, names };
  });

/** Kinds of causes by the states that take time. */
const KINDS: Readonly<Record<string, string>> = {
  finishing: "finish",
  clearing: "clearing",
  waiting: "needs",
  delay: "delay",
};

/** The delays that the supervisor announced after an end. */
const delays = (r: Recording, { from, to }: Phase): Step[] =>
  steps(r, "delay", from, to, () => ({ state: "delay", names: "" }));

/** Segments that fill a phase in which the supervisor has the service, between two lifetimes. */
export function supervision(phase: Phase, previous: Recording, current: Recording | undefined): Segment[] {
  const told = current ? stepsBefore(current, phase.from, phase.to) : [];
  const out: Segment[] = [];
  let at = phase.from;
  const add = (to: number, kind: string, target: string) => {
    if (to <= at) return;
    out.push({ from: at, to, category: "supervisor", kind, target, tid: 0, pid: 0, via: [] });
    at = to;
  };
  for (const { state, from, to, names } of told.length > 0 ? told : delays(previous, phase)) {
    add(from, "other", "");
    add(to, KINDS[state] ?? "other", state === "finishing" ? "./finish" : names);
  }
  add(phase.to, "other", "");
  return out;
}
