/**
 * Numbers for threads that stand for one each: the kernel gives a tid away again once its thread is dead. All that looks at
 * a recording by tid would otherwise take two threads for one.
 */
import { grouped } from "../base/group.ts";
import { lowest } from "../base/search.ts";
import type { ProcessRow, Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";

/** Above all tids (PID_MAX_LIMIT): the second thread with a tid has this added to it, the third it twice, and so on. */
const AGAIN = 2 ** 22;

/** The tid that a number stands for. */
export const tidOf = (number: number): number => number & (AGAIN - 1);

/** A recording by such numbers. */
export interface Distinct {
  readonly recording: Recording;
  /** The number of the thread that had a tid at `ts`, or had it last; the tid itself where it is not known. */
  readonly numberOf: (tid: number, ts: number) => number;
}

/** The first thread with a tid keeps it as its number, so that most recordings stay as they are. */
export function distinct(recording: Recording): Distinct {
  const reused = new Map(
    [...grouped(recording.processes, (p) => p.tid)]
      .filter(([, rows]) => rows.length > 1)
      .map(([tid, rows]) => [tid, rows.sort((a, b) => a.born - b.born)]),
  );
  if (reused.size === 0) return { recording, numberOf: (tid) => tid };
  const numberOf = (tid: number, ts: number): number => {
    const rows = reused.get(tid);
    return rows ? tid + AGAIN * Math.max(0, lowest(rows.length, (i) => rows[i].born > ts) - 1) : tid;
  };
  return { recording: renumbered(recording, reused, numberOf), numberOf };
}

function renumbered(
  recording: Recording,
  reused: ReadonlyMap<number, readonly ProcessRow[]>,
  numberOf: Distinct["numberOf"],
): Recording {
  const { processes, calls, signals, events, samples } = recording;
  const owners = new Owners(processes);
  /** Of who was in something then: it may begin a little before the birth is noted. */
  const at = (tid: number, ts: number): number => {
    const row = reused.has(tid) ? owners.at(tid, ts) : undefined;
    return row ? numberOf(tid, row.born) : tid;
  };
  /** A process may live on without its first thread. */
  const processOf = (tid: number, pid: number, ts: number): number => {
    if (tid === pid || !reused.has(pid)) return at(pid, ts);
    return numberOf(pid, owners.at(tid, ts)?.born ?? ts);
  };
  const { ts, duration, queued, tid, pid, waker } = calls.columns;
  const numbers = { tid: tid.slice(), pid: pid.slice(), waker: waker.slice() };
  for (let i = 0; i < calls.length; i++) {
    numbers.tid[i] = at(tid[i], ts[i]);
    numbers.pid[i] = processOf(tid[i], pid[i], ts[i]);
    // who wakes a thread by its end is dead before that one runs
    numbers.waker[i] = numberOf(waker[i], ts[i] + duration[i] - Math.max(0, queued[i]));
  }
  return {
    ...recording,
    calls: calls.with(numbers),
    processes: processes.map((p) => ({
      ...p,
      tid: numberOf(p.tid, p.born),
      pid: numberOf(p.pid, p.born),
      parent: numberOf(p.parent, p.born),
    })),
    signals: signals.map((s) => ({
      ...s,
      tid: at(s.tid, s.ts),
      pid: processOf(s.tid, s.pid, s.ts),
      sender: numberOf(s.sender, s.ts),
    })),
    events: events.map((e) => ({ ...e, pid: at(e.pid, e.ts) })),
    samples: samples.map((s) => ({ ...s, tid: at(s.tid, s.ts) })),
  };
}
