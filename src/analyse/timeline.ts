/** A recording indexed for questions about threads: who did what when, who made whom, who died when. */
import type { CallRow, ProcessRow, Recording, SampleRow, SignalRow } from "../record/model.ts";

export const endOf = (call: CallRow): number => call.ts + call.duration;

/** Signals are seen a little after the call they interrupt returned. */
const SIGNAL_SLACK = 5e6;

export class Timeline {
  private readonly byTid = new Map<number, CallRow[]>();
  private readonly opens = new Map<number, Map<number, CallRow[]>>();
  private connected: Set<string> | undefined;
  private sampled: Map<number, SampleRow[]> | undefined;
  readonly threads = new Map<number, ProcessRow>();

  constructor(readonly recording: Recording) {
    for (const call of recording.calls) {
      const list = this.byTid.get(call.tid);
      if (list) list.push(call);
      else this.byTid.set(call.tid, [call]);
    }
    for (const p of recording.processes) this.threads.set(p.tid, p);
  }

  calls(tid: number): readonly CallRow[] {
    return this.byTid.get(tid) ?? [];
  }

  /** Calls of a thread that overlap [from, to), in order. */
  between(tid: number, from: number, to: number): CallRow[] {
    const all = this.calls(tid);
    const out: CallRow[] = [];
    for (let i = this.firstEndingAfter(all, from); i < all.length && all[i].ts < to; i++) out.push(all[i]);
    return out;
  }

  /** All calls that began in [from, to], in order. */
  *begun(from: number, to: number): Iterable<CallRow> {
    const { calls } = this.recording;
    for (let i = firstFrom(calls, from); i < calls.length && calls[i].ts <= to; i++) yield calls[i];
  }

  /** The calls of the same thread after `call`, at most `count`. */
  after(call: CallRow, count: number): CallRow[] {
    const all = this.calls(call.tid);
    const at = all.indexOf(call, Math.max(0, this.firstEndingAfter(all, call.ts) - 1));
    return all.slice(at + 1, at + 1 + count);
  }

  /** The calls of the same thread before `call`, at most `count`, in order. */
  before(call: CallRow, count: number): CallRow[] {
    const all = this.calls(call.tid);
    const at = all.indexOf(call, Math.max(0, this.firstEndingAfter(all, call.ts) - 1));
    return all.slice(Math.max(0, at - count), Math.max(0, at));
  }

  /** Path of the file that a call's descriptor was opened for, found by its open; "" when that is not recorded. */
  pathOf(call: CallRow): string {
    if (call.target !== "") return call.target;
    const opens = this.opensBy(call.tid).get(call.fd) ?? [];
    const last = opens[firstFrom(opens, call.ts) - 1];
    return last ? last.target || (/"((?:[^"\\]|\\.)*)"/.exec(last.args)?.[1] ?? "") : "";
  }

  /** Opens of a thread, in order, by the descriptor they returned. */
  private opensBy(tid: number): ReadonlyMap<number, CallRow[]> {
    let byFd = this.opens.get(tid);
    if (!byFd) {
      byFd = new Map();
      for (const call of this.calls(tid)) {
        if (!/^open(at2?)?$/.test(call.name)) continue;
        const fd = Number.parseInt(call.ret, 10);
        const known = byFd.get(fd);
        if (known) known.push(call);
        else byFd.set(fd, [call]);
      }
      this.opens.set(tid, byFd);
    }
    return byFd;
  }

  /** CPU samples of a thread in [from, to), in order. */
  *samples(tid: number, from: number, to: number): Iterable<SampleRow> {
    this.sampled ??= byThread(this.recording.samples);
    const all = this.sampled.get(tid) ?? [];
    for (let i = firstFrom(all, from); i < all.length && all[i].ts < to; i++) yield all[i];
  }

  pidOf(tid: number): number {
    return this.threads.get(tid)?.pid ?? tid;
  }

  comm(pid: number): string {
    return this.threads.get(pid)?.comm ?? "";
  }

  /** The service connected to this peer, as far as recorded. */
  connectedTo(target: string): boolean {
    this.connected ??= new Set(this.recording.calls.filter((c) => c.name === "connect").map((c) => c.target));
    return this.connected.has(target);
  }

  /** The peer came to us: its port is of those that are given to who connects, and we did not connect to it. */
  isClient(target: string): boolean {
    const port = Number(/:(\d+)$/.exec(target)?.[1] ?? 0);
    return port >= 32768 && !this.connectedTo(target);
  }

  /** When a thread died; the end of the recording while it lives. */
  diedOf(tid: number): number {
    return this.threads.get(tid)?.died ?? Number.POSITIVE_INFINITY;
  }

  /** First threads of the processes that threads of `pid` made. */
  children(pid: number): ProcessRow[] {
    return this.recording.processes.filter(
      (p) => p.tid === p.pid && p.pid !== pid && this.pidOf(p.parent) === pid,
    );
  }

  /** The signal that ended a call, if one did. */
  interruption(call: CallRow): SignalRow | undefined {
    const end = endOf(call);
    return this.recording.signals.find(
      (s) =>
        (s.tid === call.tid || s.pid === call.pid) &&
        s.ts >= end - SIGNAL_SLACK / 5 &&
        s.ts <= end + SIGNAL_SLACK,
    );
  }

  /** The process other than `pid` whose death came last in [from, to]. */
  lastDeath(from: number, to: number, accept: (p: ProcessRow) => boolean): ProcessRow | undefined {
    let last: ProcessRow | undefined;
    for (const p of this.recording.processes) {
      if (p.died === null || p.died < from || p.died > to || !accept(p)) continue;
      if (!last || p.died > last.died!) last = p;
    }
    return last;
  }

  private firstEndingAfter(all: readonly CallRow[], time: number): number {
    let low = 0;
    let high = all.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (endOf(all[mid]) <= time) low = mid + 1;
      else high = mid;
    }
    return low;
  }
}

/** Index of the first that is not before `from`. */
function firstFrom(all: readonly { ts: number }[], from: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (all[mid].ts < from) low = mid + 1;
    else high = mid;
  }
  return low;
}

function byThread(samples: readonly SampleRow[]): Map<number, SampleRow[]> {
  const out = new Map<number, SampleRow[]>();
  for (const s of samples) {
    const same = out.get(s.tid);
    if (same) same.push(s);
    else out.set(s.tid, [s]);
  }
  return out;
}
