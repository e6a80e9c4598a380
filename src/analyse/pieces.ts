/**
 * Computing told as one: a program that makes many short calls is made of as many pieces of time in calls and between
 * them. They become runs, short enough for everything that looks at where and when time was spent.
 */
import type { CallTable } from "../record/call-table.ts";
import type { CallRow } from "../record/model.ts";
import type { Run, Segment } from "./types.ts";

/** Longer pieces (ns) are not joined. */
const SHORT = 0.5e6;
/** No run is longer than this (ns), and none crosses a multiple of WINDOW. */
const LONGEST = 50e6;
export const WINDOW = 100e6;
/** So many of a run's calls are remembered, the longest. */
const REMEMBERED = 5;

export class Pieces {
  /** The segment that may be continued; it is the last of `out`, or cannot be continued any more. */
  private last: Segment | undefined;
  private nextCut = 0;

  /** Pieces are added to `out`; runs do not cross the times `cuts`, which are in order. */
  constructor(
    private readonly out: Segment[],
    private readonly cuts: readonly number[],
  ) {}

  /** Computing between two calls. */
  gap(from: number, to: number, tid: number, pid: number, via: readonly CallRow[]): void {
    const run = this.continued(from, to, tid, pid, via);
    if (run) longer(run, from, to, undefined);
    else this.begin(from, to, tid, pid, via, "outside", undefined);
  }

  /** Work in the call at `index` of `table`. */
  work(
    from: number,
    to: number,
    tid: number,
    pid: number,
    via: readonly CallRow[],
    table: CallTable,
    index: number,
  ): void {
    const short = table.columns.duration[index] < SHORT;
    const run = short ? this.continued(from, to, tid, pid, via) : undefined;
    if (!run) {
      this.begin(from, to, tid, pid, via, "calls", table.at(index));
      return;
    }
    count(run, to - from, table, index);
    if (to - from > run.longest.to - run.longest.from) longer(run, from, to, table.at(index));
  }

  private begin(
    from: number,
    to: number,
    tid: number,
    pid: number,
    via: readonly CallRow[],
    kind: string,
    call: CallRow | undefined,
  ): void {
    const segment: Segment = { from, to, category: "cpu", tid, pid, target: "", via, kind };
    if (call) segment.call = call;
    this.out.push(segment);
    this.last = to - from < SHORT && (call?.duration ?? 0) < SHORT ? segment : undefined;
  }

  /** The run that the piece continues, which is as long as with it already. */
  private continued(
    from: number,
    to: number,
    tid: number,
    pid: number,
    via: readonly CallRow[],
  ): Run | undefined {
    const { last, out, cuts } = this;
    if (!last || last !== out[out.length - 1] || last.to !== from || to - from >= SHORT) return undefined;
    if (last.tid !== tid || last.pid !== pid || last.via !== via || to - last.from > LONGEST)
      return undefined;
    if (Math.floor(from / WINDOW) !== Math.floor(last.from / WINDOW)) return undefined;
    while (this.nextCut < cuts.length && cuts[this.nextCut] <= last.from) this.nextCut++;
    if (to > (cuts[this.nextCut] ?? Number.POSITIVE_INFINITY)) return undefined;
    last.run ??= begun(last);
    last.to = to;
    return last.run;
  }
}

function begun(first: Segment): Run {
  const { from, to, call } = first;
  first.call = undefined;
  return {
    calls: call ? 1 : 0,
    inCalls: call ? to - from : 0,
    longest: { from, to, call },
    slowest: call ? [call] : [],
  };
}

function longer(run: Run, from: number, to: number, call: CallRow | undefined): void {
  if (to - from > run.longest.to - run.longest.from) run.longest = { from, to, call };
}

function count(run: Run, ns: number, table: CallTable, index: number): void {
  run.calls++;
  run.inCalls += ns;
  const { slowest } = run;
  const duration = table.columns.duration[index];
  if (slowest.length === REMEMBERED) {
    let least = 0;
    for (let i = 1; i < REMEMBERED; i++) if (slowest[i].duration <= slowest[least].duration) least = i;
    if (duration <= slowest[least].duration) return;
    slowest.splice(least, 1);
  }
  slowest.push(table.at(index));
}
