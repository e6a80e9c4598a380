/** What happened between two looks: counts the kernel keeps, and the calls under way. */
import { SysError, UsageError } from "../../base/errors.ts";
import { BUCKETS } from "../../base/histogram.ts";
import { since } from "../../base/tally.ts";
import { type CountRow, Counts } from "../../capture/bpf/counts/counts.ts";
import { BpfEngine } from "../../capture/bpf/engine.ts";
import type { Task } from "../../capture/event.ts";
import { attachBelow } from "../../capture/tree.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { offCpu } from "../../kernel/off-cpu.ts";
import { status } from "../../kernel/proc.ts";
import { commOf } from "../../kernel/tasks.ts";
import { infoOf } from "../../record/call-info.ts";
import { escapeName } from "../../render/escape.ts";
import { syscallDescriptor } from "../live/names.ts";
import { silent } from "../live/silent.ts";
import { categoryOf, describe, type UnderWay } from "../live/under-way.ts";

/** Of one interval; times in ns. */
export interface Figures {
  calls: number;
  errors: number;
  /** CPU time in calls, and time asleep in them, those not finished included. */
  cpu: number;
  blocked: number;
  max: number;
  readonly buckets: Float64Array;
}

export interface Row extends Figures {
  /** 0 for rows of a call in all processes. */
  readonly pid: number;
  /** A command's name, or a call's; escaped. */
  readonly name: string;
  /** What it spends most time blocked in, or in which process. */
  top: string;
}

export interface Look {
  /** Seconds since the look before. */
  readonly seconds: number;
  readonly processes: readonly Row[];
  /** Calls of all processes, and of one. */
  readonly calls: readonly Row[];
  callsOf(pid: number): Row[];
  /** ns blocked, by category. */
  readonly categories: ReadonlyMap<string, number>;
  readonly total: Figures;
  /** Calls under way, those first that say most. */
  readonly now: readonly UnderWay[];
  readonly underWay: number;
  /** Calls that could not be counted. */
  readonly over: number;
}

export interface Targets {
  /** Empty: everything. */
  readonly pids: readonly number[];
  readonly tree: boolean;
}

/** A task in a call. */
interface Waiting {
  readonly task: Task;
  /** When it entered it; if that was not seen, when we found it there. */
  readonly since: number;
  readonly seen: boolean;
}

function describeWaiting({ task, since, seen }: Waiting, now: number): UnderWay {
  if (seen) return describe(task, undefined, false);
  task.call.entry = 0;
  return describe(task, Math.max(now - since, offCpu(task.tid) ?? 0), false);
}

interface KeyFigures extends Figures {
  readonly pid: number;
  readonly call: string;
}

/** ns: shorter ones are over before they are read. */
const WORTH_SHOWING = 1e6;
/** Calls under way that are described. */
const DESCRIBED = 50;
const FORGET_EVERY = 2e9;
const ESRCH = 3;

const figures = (): Figures => ({
  calls: 0,
  errors: 0,
  cpu: 0,
  blocked: 0,
  max: 0,
  buckets: new Float64Array(BUCKETS),
});

export class Watch {
  readonly engine: BpfEngine;
  private readonly counts = new Counts({ pid: true, call: true, fd: false, comm: false });
  private readonly names = new Map<number, string>();
  private before = new Map<string, CountRow>();
  /** ns already told of calls under way, by thread and entry. */
  private told = new Map<string, { readonly key: string; ns: number }>();
  private last: number;
  private forgotten: number;

  /** Throws SysError where the bpf engine cannot be used, UsageError where a process is not there. */
  constructor(what: Targets) {
    const named = (task: Task) => void this.names.set(task.pid, escapeName(task.comm));
    this.engine = new BpfEngine(
      { ...silent, newTask: named, exec: named },
      { followForks: true, counts: this.counts, scheduling: true },
    );
    if (what.pids.length === 0) this.engine.watch({ all: true });
    for (const pid of what.pids) this.attach(pid);
    if (what.tree) attachBelow(this.engine, what.pids);
    // loading the programs takes a while in which nothing is counted
    this.last = monotonicNow();
    this.forgotten = this.last;
  }

  /** It may have ended since anybody looked, or wait for its parent only. */
  private attach(pid: number): void {
    try {
      this.engine.attach(pid);
    } catch (error) {
      if (!(error instanceof SysError) || error.errno !== ESRCH) throw error;
      throw new UsageError(`no process ${pid}`);
    }
  }

  /** To be called often: what the engine reports must not pile up. False when nothing is left to watch. */
  step(): boolean {
    return this.engine.step(0) > 0;
  }

  look(): Look {
    const now = monotonicNow();
    const seconds = (now - this.last) / 1e9;
    const rows = this.changes();
    const { calls: under, credits } = this.underWay(now);
    for (const [key, ns] of credits) {
      const at = rows.get(key);
      if (at) at.blocked += ns;
      else {
        const [p, call] = key.split(" ");
        rows.set(key, { ...figures(), pid: Number(p), call, blocked: ns });
      }
    }
    this.last = now;
    const shown = new Set([...rows.values()].map((r) => r.pid));
    this.rename(shown);
    if (now - this.forgotten > FORGET_EVERY) this.forget(now, shown);
    return { seconds, ...this.sums([...rows.values()]), ...this.described(under), over: this.counts.over };
  }

  private changes(): Map<string, KeyFigures> {
    const changed = new Map<string, KeyFigures>();
    const now = new Map<string, CountRow>();
    for (const row of this.counts.rows()) {
      const key = `${row.pid} ${row.call}`;
      now.set(key, row);
      const more = since(row, this.before.get(key));
      if (more.calls > 0) changed.set(key, { ...more });
    }
    this.before = now;
    return changed;
  }

  /** Calls under way, and what the time since the last look adds to the time blocked, by key. */
  private underWay(now: number): { calls: Waiting[]; credits: Map<string, number> } {
    const calls: Waiting[] = [];
    const credits = new Map<string, number>();
    const told = new Map<string, { readonly key: string; ns: number }>();
    const credit = (key: string, ns: number) => credits.set(key, (credits.get(key) ?? 0) + ns);
    this.engine.underWay((task, seen) => {
      const { entry, name } = task.call;
      calls.push({ task, since: entry, seen });
      const key = `${task.pid} ${name}`;
      // found asleep in it: the kernel does not count it when it is over
      if (!seen) return credit(key, now - this.last);
      const ns = now - Math.max(entry, this.last);
      if (now - entry < WORTH_SHOWING || ns <= 0) return;
      const id = `${task.tid} ${entry}`;
      told.set(id, { key, ns: (this.told.get(id)?.ns ?? 0) + ns });
      credit(key, ns);
    });
    // finished ones have been counted by the kernel, all of them
    for (const [id, { key, ns }] of this.told) if (!told.has(id)) credit(key, -ns);
    this.told = told;
    return { calls, credits };
  }

  private forget(now: number, shown: ReadonlySet<number>): void {
    this.forgotten = now;
    this.counts.forget((pid) => pid !== 0 && status(pid) === undefined);
    for (const pid of this.names.keys())
      if (!shown.has(pid) && status(pid) === undefined) this.names.delete(pid);
  }

  /** Those that are there may have named themselves; those that are gone are called what they were at their last exec. */
  private rename(pids: Iterable<number>): void {
    for (const pid of pids) {
      const comm = commOf(pid);
      if (comm !== undefined) this.names.set(pid, escapeName(comm));
    }
  }

  private nameOf(pid: number): string {
    return this.names.get(pid) ?? "";
  }

  private sums(rows: readonly KeyFigures[]) {
    const processes = new Map<number, Row & { most: number }>();
    const categories = new Map<string, number>();
    const total = figures();
    for (const r of rows) {
      r.blocked = Math.max(0, r.blocked);
      const category = categoryOf(r.call, syscallDescriptor(r.call)?.wait, "");
      categories.set(category, (categories.get(category) ?? 0) + r.blocked);
      add(total, r);
      let p = processes.get(r.pid);
      if (!p) {
        p = { ...figures(), pid: r.pid, name: this.nameOf(r.pid), top: "", most: -1 };
        processes.set(r.pid, p);
      }
      add(p, r);
      if (r.blocked > p.most) {
        p.most = r.blocked;
        p.top = r.call;
      }
    }
    return {
      processes: [...processes.values()],
      calls: this.byCall(rows),
      callsOf: (pid: number) => this.byCall(rows.filter((r) => r.pid === pid)),
      categories,
      total,
    };
  }

  private byCall(rows: readonly KeyFigures[]): Row[] {
    const calls = new Map<string, Row & { most: number }>();
    for (const r of rows) {
      let c = calls.get(r.call);
      if (!c) {
        c = { ...figures(), pid: 0, name: r.call, top: "", most: -1 };
        calls.set(r.call, c);
      }
      add(c, r);
      if (r.calls > c.most) {
        c.most = r.calls;
        c.top = `${r.pid} ${this.nameOf(r.pid)}`;
      }
    }
    return [...calls.values()];
  }

  /** Waits that are no sign of leisure come first, then the longest. */
  private described(all: readonly Waiting[]) {
    const now = monotonicNow();
    const shown = all.filter((w) => now - w.since >= WORTH_SHOWING);
    const idle = ({ task }: Waiting) => (infoOf(task.call).idle ? 1 : 0);
    shown.sort((a, b) => idle(a) - idle(b) || a.since - b.since);
    return {
      now: shown.slice(0, DESCRIBED).map((w) => describeWaiting(w, now)),
      underWay: all.length,
    };
  }

  close(): void {
    this.engine.detach();
  }
}

function add(to: Figures, from: Figures): void {
  to.calls += from.calls;
  to.errors += from.errors;
  to.cpu += from.cpu;
  to.blocked += from.blocked;
  to.max = Math.max(to.max, from.max);
  for (let i = 0; i < BUCKETS; i++) to.buckets[i] += from.buckets[i];
}
