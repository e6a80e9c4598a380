/** A recording indexed for questions about threads: who did what when, who made whom, who died when. */
import { grouped } from "../base/group.ts";
import { lowest } from "../base/search.ts";
import type { CallTable } from "../record/call-table.ts";
import type { CallRow, EventRow, ProcessRow, Recording, SampleRow, SignalRow } from "../record/model.ts";
import { SETTLE, START_LIMIT, STOP_LIMIT } from "../record/ready.ts";
import { type Distinct, distinct } from "./distinct.ts";

export const endOf = (call: CallRow): number => call.ts + call.duration;

/** Signals are seen a little after the call they interrupt returned. */
const SIGNAL_SLACK = 5e6;
/** The time of a call that is told of in an event (ns) is exact, but for what a file's numbers cannot hold. */
const SAME_TIME = 1e6;

/** Signals whose default is to write a core file (signal(7)), and how long (ns) a death of one takes without. */
const DUMPING = new Set(["SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS"]);
const SLOW_DUMP = 10e6;

/** What a descriptor refers to from `ts` on. */
interface Opened {
  readonly ts: number;
  readonly path: string;
}

export class Timeline {
  readonly table: CallTable;
  /** Indexes of each thread's calls, in order. */
  private readonly byTid: ReadonlyMap<number, Int32Array>;
  private opened: Map<number, Map<number, Opened[]>> | undefined;
  private gaps: [from: number, to: number][] | undefined;
  private enders: Map<number, number> | undefined;
  private connected: Set<string> | undefined;
  private sampled: Map<number, SampleRow[]> | undefined;
  private holders: Map<number, EventRow[]> | undefined;
  private byParent: Map<number, ProcessRow[]> | undefined;
  private deaths: ProcessRow[] | undefined;
  /** By the numbers that stand for one thread each, as everywhere in `recording`. */
  readonly threads = new Map<number, ProcessRow>();
  readonly recording: Recording;
  /** The number of the thread that a text calls by its tid, as of `ts`. */
  readonly numberOf: Distinct["numberOf"];

  /** `earlier`: of the lifetime before, where that is explained, too. */
  constructor(
    recorded: Recording,
    private readonly earlier?: Timeline,
  ) {
    const { recording, numberOf } = distinct(recorded);
    this.recording = recording;
    this.numberOf = numberOf;
    this.table = recording.calls;
    this.byTid = indexesByTid(this.table);
    for (const p of recording.processes) this.threads.set(p.tid, p);
  }

  /** Indexes of a thread's calls in `table`, in order. */
  indexes(tid: number): Int32Array {
    return this.byTid.get(tid) ?? NO_CALLS;
  }

  /** Calls of a thread that overlap [from, to), in order. */
  between(tid: number, from: number, to: number): CallRow[] {
    const { table } = this;
    const { ts } = table.columns;
    const list = this.indexes(tid);
    const out: CallRow[] = [];
    for (let k = table.firstEndingAfter(list, from); k < list.length && ts[list[k]] < to; k++)
      out.push(table.at(list[k]));
    return out;
  }

  /** How long (ns) a thread was in calls within [from, to). */
  inCalls(tid: number, from: number, to: number): number {
    const { ts, duration } = this.table.columns;
    const list = this.indexes(tid);
    let sum = 0;
    for (let k = this.table.firstEndingAfter(list, from); k < list.length && ts[list[k]] < to; k++) {
      const i = list[k];
      sum += Math.max(0, Math.min(ts[i] + duration[i], to) - Math.max(ts[i], from));
    }
    return sum;
  }

  /** The calls of the same thread after `call`, at most `count`. */
  *after(call: CallRow, count: number): Iterable<CallRow> {
    const list = this.indexes(call.tid);
    const at = this.placeOf(call, list) + 1;
    for (let k = at; k < Math.min(list.length, at + count); k++) yield this.table.at(list[k]);
  }

  /** The calls of the same thread before `call`, at most `count`, the nearest first. */
  *before(call: CallRow, count: number): Iterable<CallRow> {
    const list = this.indexes(call.tid);
    const at = this.placeOf(call, list) - 1;
    for (let k = at; k > Math.max(-1, at - count); k--) yield this.table.at(list[k]);
  }

  private placeOf(call: CallRow, list: Int32Array): number {
    const index = this.table.indexOf(call);
    return lowest(list.length, (k) => list[k] >= index);
  }

  /** Path of the file that a call's descriptor was opened for, found by its open; "" when that is not recorded. */
  pathOf(call: CallRow): string {
    return call.target !== "" ? call.target : this.fileOf(call.pid, call.fd, call.ts);
  }

  /** Path of the file that a descriptor was opened for before `ts`; "" when that is not recorded. */
  fileOf(pid: number, fd: number, ts: number): string {
    const all = this.openedBy(pid)?.get(fd) ?? [];
    return all[firstFrom(all, ts) - 1]?.path ?? "";
  }

  /** Files that a process opened, in order, by the descriptor; closed ones have no path. */
  private openedBy(pid: number): ReadonlyMap<number, readonly Opened[]> | undefined {
    if (!this.opened) {
      this.opened = new Map();
      const { table } = this;
      const { ts, pid: pids, name, fd, error } = table.columns;
      const isFine = table.byText((text) => text === "");
      const opens = table.byText((text) => /^open(at2?)?$/.test(text));
      const closes = table.byText((text) => text === "close");
      const execs = table.byText((text) => text.startsWith("execve"));
      for (let i = 0; i < table.length; i++) {
        if (opens(name[i])) this.opens(table.at(i));
        else if (closes(name[i])) this.opened.get(pids[i])?.get(fd[i])?.push({ ts: ts[i], path: "" });
        else if (execs(name[i]) && isFine(error[i]))
          for (const all of this.opened.get(pids[i])?.values() ?? []) all.push({ ts: ts[i], path: "" });
      }
    }
    return this.opened.get(pid);
  }

  private opens({ ts, pid, ret, target, args }: CallRow): void {
    const fds = this.opened!.get(pid) ?? new Map<number, Opened[]>();
    this.opened!.set(pid, fds);
    const fd = Number.parseInt(ret, 10);
    const all = fds.get(fd) ?? [];
    fds.set(fd, all);
    all.push({ ts, path: target || (/"((?:[^"\\]|\\.)*)"/.exec(args)?.[1] ?? "") });
  }

  /** The thread of a process that ended all of it, where one did: the others were killed in what they were waiting for. */
  enderOf(pid: number): number | undefined {
    if (!this.enders) {
      this.enders = new Map();
      for (const c of this.table.where({ name: (name) => name === "exit_group" }))
        this.enders.set(c.pid, c.tid);
    }
    return this.enders.get(pid);
  }

  /** CPU samples of a thread in [from, to), in order. */
  *samples(tid: number, from: number, to: number): Iterable<SampleRow> {
    this.sampled ??= grouped(this.recording.samples, (s) => s.tid);
    const all = this.sampled.get(tid) ?? [];
    for (let i = firstFrom(all, from); i < all.length && all[i].ts < to; i++) yield all[i];
  }

  /** How much of [from, to) lies where calls were not seen, or not kept. */
  missing(from: number, to: number): number {
    this.gaps ??= this.findGaps();
    let sum = 0;
    for (const [a, b] of this.gaps) sum += Math.max(0, Math.min(b, to) - Math.max(a, from));
    return sum;
  }

  /** While no recorder ran, and what of a start or stop was recorded like a running service. */
  private findGaps(): [from: number, to: number][] {
    const { lifetime, events } = this.recording;
    const gaps = events
      .filter((e) => e.kind === "gap" && e.until !== null)
      .map((e): [number, number] => [e.ts, e.until!]);
    // `svtrace record`, which has no directory, keeps all
    if (lifetime.dir === "") return gaps;
    const { started, ready, asked, ended } = lifetime;
    const late = started + START_LIMIT + SETTLE;
    if (ready !== null && ready > late) gaps.push([late, ready]);
    if (asked !== null && (ended ?? 0) > asked + STOP_LIMIT) gaps.push([asked + STOP_LIMIT, ended!]);
    return gaps;
  }

  /** Something is known of what a thread did: a call, or that it ran. */
  isKnown(tid: number): boolean {
    if (this.indexes(tid).length > 0) return true;
    this.sampled ??= grouped(this.recording.samples, (s) => s.tid);
    return this.sampled.has(tid);
  }

  /** The event that tells of the process with the file lock that `call` waited for, where that was found out. */
  holderOf(call: CallRow): EventRow | undefined {
    this.holders ??= grouped(
      this.recording.events.filter((e) => e.kind === "holder"),
      (e) => e.pid,
    );
    return this.holders.get(call.tid)?.find((e) => Math.abs(e.ts - call.ts) < SAME_TIME);
  }

  pidOf(tid: number): number {
    return this.threads.get(tid)?.pid ?? tid;
  }

  comm(pid: number): string {
    return this.threads.get(pid)?.comm ?? "";
  }

  /** The service connected to this peer, as far as recorded. */
  connectedTo(target: string): boolean {
    this.connected ??= new Set(
      [...this.table.where({ name: (name) => name === "connect" })].map((c) => c.target),
    );
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
  children(pid: number): readonly ProcessRow[] {
    this.byParent ??= grouped(
      this.recording.processes.filter((p) => p.tid === p.pid && p.pid !== this.pidOf(p.parent)),
      (p) => this.pidOf(p.parent),
    );
    return this.byParent.get(pid) ?? [];
  }

  /** When the signal came that a process died of and left its memory behind for, if it did so slowly. */
  fatalAt(tid: number): number | undefined {
    const pid = this.pidOf(tid);
    const { died, signal } = this.threads.get(pid) ?? { died: null, signal: null };
    if (died === null || signal === null || !DUMPING.has(signal)) return undefined;
    const fatal = this.recording.signals.findLast((s) => s.pid === pid && s.name === signal);
    return fatal && died - fatal.ts > SLOW_DUMP ? fatal.ts : undefined;
  }

  /** Of this service, in this lifetime or the one before. */
  isOurs(pid: number): boolean {
    return this.threads.has(pid) || (this.earlier?.threads.has(pid) ?? false);
  }

  /** The signal that ended a call, if one did. */
  interruption(call: CallRow): SignalRow | undefined {
    const { signals } = this.recording;
    const end = endOf(call);
    for (let i = firstFrom(signals, end - SIGNAL_SLACK / 5); i < signals.length; i++) {
      const s = signals[i];
      if (s.ts > end + SIGNAL_SLACK) return undefined;
      if (s.tid === call.tid || s.pid === call.pid) return s;
    }
    return undefined;
  }

  /** The accepted one whose death came last in [from, to]. */
  lastDeath(from: number, to: number, accept: (p: ProcessRow) => boolean): ProcessRow | undefined {
    this.deaths ??= this.recording.processes
      .filter((p) => p.died !== null)
      .reverse()
      .sort((a, b) => a.died! - b.died!);
    const { deaths } = this;
    for (let i = lowest(deaths.length, (k) => deaths[k].died! > to) - 1; i >= 0; i--) {
      if (deaths[i].died! < from) return undefined;
      if (accept(deaths[i])) return deaths[i];
    }
    return undefined;
  }
}

const NO_CALLS = new Int32Array(0);

function indexesByTid({ columns, length }: CallTable): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  for (let i = 0; i < length; i++) counts.set(columns.tid[i], (counts.get(columns.tid[i]) ?? 0) + 1);
  const out = new Map<number, Int32Array>();
  for (const [tid, count] of counts) out.set(tid, new Int32Array(count));
  const filled = new Map<number, number>();
  for (let i = 0; i < length; i++) {
    const tid = columns.tid[i];
    const at = filled.get(tid) ?? 0;
    out.get(tid)![at] = i;
    filled.set(tid, at + 1);
  }
  return out;
}

/** Index of the first that is not before `from`. */
function firstFrom(all: readonly { ts: number }[], from: number): number {
  return lowest(all.length, (i) => all[i].ts >= from);
}
