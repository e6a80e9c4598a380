/** Stacks folded into lines, for flame graphs: `outer;inner WEIGHT`. */
import { printable } from "../base/printable.ts";
import type { Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import type { Source } from "../record/reader.ts";
import { frameName } from "./frame-name.ts";

/** A semicolon separates frames and the last space the weight; a newline would break the line. */
const frame = (text: string): string => printable(text).replace(/;/g, ",") || "?";

/** What the CPU was seen doing where there are samples; weights are samples. */
export function* foldedSamples(recording: Recording): Iterable<string> {
  const owners = new Owners(recording.processes);
  const totals = new Map<string, number>();
  for (const { ts, tid, stack } of recording.samples) {
    const frames = [...(recording.stacks.get(stack) ?? [])].reverse();
    const names = frames.map(frameName);
    const key = [owners.at(tid, ts)?.comm ?? String(tid), ...names].map(frame).join(";");
    totals.set(key, (totals.get(key) ?? 0) + 1);
  }
  yield* lines(totals);
}

/** Where calls spent their time: process, call, what it was about; weights are microseconds. */
export async function* foldedCalls({ totals }: Source): AsyncIterable<string> {
  const sums = new Map<string, number>();
  for (const c of await totals()) {
    const parts = [`${c.comm} ${c.pid}`, c.name];
    if (c.tid !== c.pid) parts.splice(1, 0, `thread ${c.tid}`);
    if (c.target) parts.push(c.target);
    const key = parts.map(frame).join(";");
    sums.set(key, (sums.get(key) ?? 0) + c.ns / 1000);
  }
  yield* lines(sums);
}

function* lines(totals: ReadonlyMap<string, number>): Iterable<string> {
  for (const [key, weight] of totals) if (Math.round(weight) > 0) yield `${key} ${Math.round(weight)}\n`;
}
