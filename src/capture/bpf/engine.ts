/**
 * The bpf engine: programs in the kernel write one record a finished call into a ring, which is drained here. It
 * costs the traced a hundredth of what stops cost, and needs Linux 5.13 and the capabilities BPF and PERFMON.
 */

import { closeSync } from "node:fs";
import { SysError } from "../../base/errors.ts";
import { sleepSync } from "../../base/sleep.ts";
import * as bpf from "../../kernel/bpf.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { comm, descendants, exiting, startedAt, status, threads } from "../../kernel/proc.ts";
import type { Ring } from "../../kernel/ring.ts";
import { hasThreadFds, openTask } from "../../kernel/thread-fd.ts";
import { CallTable } from "../calls.ts";
import type { Command, EachUnderWay, Engine, EngineOptions } from "../engine.ts";
import type { EventSink } from "../event.ts";
import { Pauses } from "../pauses.ts";
import { isCompat, startStopped } from "../start.ts";
import type { Backlog, BacklogPlace } from "./backlog.ts";
import { Census } from "./census.ts";
import type { Counts } from "./counts/counts.ts";
import { Dispatcher } from "./dispatch.ts";
import { Feed } from "./feed.ts";
import * as L from "./layout.ts";
import { Kernel, zero } from "./loader.ts";
import { awaitTimers, createLongMaps } from "./long.ts";
import { Losses } from "./losses.ts";
import { Order } from "./order.ts";
import { bufferLimit } from "./plan.ts";
import * as P from "./programs/index.ts";
import { createQuietMaps, QuietGroups } from "./quiet.ts";
import { STATE_BYTES } from "./reads.ts";
import { type Compiled, compileShapes } from "./shapes.ts";
import { Started } from "./started.ts";
import { BpfTask, TaskTable } from "./tasks.ts";
import { CallsUnderWay } from "./under-way.ts";

/** What only this engine can do; see EngineOptions for the rest. */
export interface BpfOptions extends EngineOptions {
  /** -s and -v: how much memory is copied. */
  stringLimit?: number;
  verbose?: boolean;
  /** Copy no memory at all: pointers stay numbers. */
  noMemory?: boolean;
  /** Calls faster than this (ns) never leave the kernel. */
  slowerThan?: number;
  /** Only calls that failed, or only those that did not, leave it. */
  statusFilter?: "failed" | "successful";
  /** What the scheduler did during calls, and between them. */
  scheduling?: boolean;
  /** Events in the order they happened, with entries of calls, as a tracer that stops its tracees sees them. */
  entries?: boolean;
  /** Groups that can be quiet (Engine.groups). */
  quiet?: boolean;
  /** Looks so many times a second where tasks are that compute (EventSink.sample). */
  sampleFrequency?: number;
  /** Instruction pointers at calls. */
  pointers?: boolean;
  /** Bytes of the ring: a power of two. */
  ringBytes?: number;
  /** Where events may wait while the traced need the CPU, which then go first; without it they are handled at once. */
  backlog?: BacklogPlace;
  /** Count calls in the kernel instead of sending them. */
  counts?: Counts;
}

const RING_BYTES = 1 << 25;
/** Where calls are only counted: room for tasks that begin and end. */
const COUNTS_RING_BYTES = 1 << 22;
/** Records handled before `step` returns to its caller. */
const BATCH = 65536;
/**
 * Between looks at an empty ring (ms): short while there is something to see, long when there is not. When there is
 * much, fewer and larger batches take less of the CPU from the traced.
 */
const SHORTEST_NAP = 1;
const BUSY_NAP = 8;
const LONGEST_NAP = 20;
/** Records of one nap that are much. */
const MUCH = 32;
/** ms for a record to be completed, which takes less than a microsecond of its CPU. */
const MOST_WAITS = 500;
/** ns: how exactly the kernel says when a task began. */
const CLOCK_TICK = 2e7;
const SIGCONT = "SIGCONT";
const ESRCH = 3;

export class BpfEngine implements Engine {
  private readonly kernel: Kernel;
  private readonly feed: Feed;
  private readonly pauses: Pauses;
  private readonly table = new TaskTable();
  private readonly dispatcher: Dispatcher;
  private readonly calls: CallsUnderWay;
  private readonly order: Order | undefined;
  readonly groups: QuietGroups | undefined;
  readonly patient = true;
  private readonly compiled: Compiled;
  private readonly started: Started;
  private readonly state = new Uint8Array(STATE_BYTES);
  private environment: P.Environment;
  private nap = SHORTEST_NAP;
  private readonly census: Census;
  private readonly losses: Losses;
  private compatLoaded = false;
  private open = true;
  private final: Kernel["sent"] | undefined;
  /** Something may come to be followed although nothing is now. */
  private watching = false;

  /** Throws SysError. */
  constructor(
    private readonly sink: EventSink,
    private readonly options: BpfOptions,
  ) {
    this.pauses = new Pauses(options.onIdle);
    this.started = new Started(options.onOtherExit);
    this.census = new Census(this.table, this.started);
    const { stringLimit = 32, verbose = false } = options;
    const memory = !options.noMemory && !options.counts;
    this.compiled = compileShapes(options.wanted, { stringLimit, verbose }, memory);
    const { counts, ringBytes = counts ? COUNTS_RING_BYTES : RING_BYTES } = options;
    this.kernel = new Kernel(ringBytes, !this.seldom && !options.quiet);
    try {
      const quiet = options.quiet ? createQuietMaps(this.kernel) : undefined;
      this.groups = quiet && new QuietGroups(quiet);
      const { slowerThan = 0, statusFilter, scheduling = false } = options;
      counts?.prepare(options.wanted, this.kernel, scheduling && slowerThan === 0 && !statusFilter);
      this.environment = this.describe(quiet, this.longMaps());
      this.load();
      this.feed = new Feed(
        this.kernel.rings.all,
        (record) => this.take(record),
        options.backlog,
        this.sendsMuch(),
      );
    } catch (error) {
      this.groups?.close();
      this.kernel.close();
      throw error;
    }
    const calls = new CallTable(options.wanted);
    this.calls = new CallsUnderWay(this.kernel.maps.tasks, this.table, calls, this.groups);
    this.dispatcher = new Dispatcher(sink, this.table, calls, {
      scheduling: options.scheduling ?? false,
      most: bufferLimit(stringLimit),
      execReturns: this.execReturns(calls),
      onOwnMemory: (pid) => this.started.release(pid),
      onExit: (pid) => this.started.ended(pid),
      onLostChild: (tid, born, group) => this.findChild(tid, born, group),
      onCompat: () => this.loadCompat(),
      onUnseen: () => this.seeAllReturns(),
    });
    this.losses = new Losses(this.kernel, this.dispatcher, sink);
    this.order = options.entries ? new Order(this.dispatcher) : undefined;
  }

  /** What it takes to see only long calls return, where nothing else is asked for. */
  private longMaps(): P.LongMaps | undefined {
    const { slowerThan = 0, counts, scheduling, entries, quiet } = this.options;
    if (counts || scheduling || entries || quiet) return undefined;
    return createLongMaps(this.kernel, slowerThan);
  }

  /** Whether execve is told of whatever it did and however long it took; entries come before the exec themselves. */
  private execReturns(calls: CallTable): boolean {
    const { slowerThan = 0, statusFilter, counts, entries } = this.options;
    const all = slowerThan === 0 && statusFilter !== "failed" && !counts && !entries;
    return all && calls.lookup("x86_64", this.kernel.fields.execs[0]).wanted;
  }

  private describe(quiet: P.QuietMaps | undefined, long: P.LongMaps | undefined): P.Environment {
    const { options, kernel } = this;
    return {
      maps: { ...kernel.maps, quiet, long, counted: options.counts?.sampled },
      kernel: kernel.fields,
      options: {
        follow: options.followForks,
        slowerThan: options.slowerThan ?? 0,
        status: options.statusFilter,
        entries: options.entries ?? false,
        scheduling: options.scheduling ?? false,
        wakes: this.seldom,
        pointers: options.pointers ?? false,
      },
      shapes: this.compiled.native,
    };
  }

  /** Whether our thread may have to go behind the traced: not where it looks into their memory, and holds locks of theirs. */
  private sendsMuch(): boolean {
    return !this.options.entries && !this.seldom;
  }

  /** Whether records are few, so that each may wake us. */
  private get seldom(): boolean {
    return this.options.counts !== undefined || (this.options.slowerThan ?? 0) > 0;
  }

  private load(): void {
    const { kernel, environment: e } = this;
    const { counts } = this.options;
    const tables = counts?.tables ?? this.compiled.tables;
    bpf.update(kernel.maps.tables, zero, tables);
    // what follows tasks comes first: nothing may be missed once calls are seen
    const programs = [P.processFork, P.processExec, P.processExit, P.signalDeliver, P.signalGenerate];
    if (this.options.scheduling) programs.push(P.schedSwitch);
    for (const program of programs) kernel.attach(program(e));
    if (this.options.scheduling) kernel.attachFirst(P.schedWaking(e));
    if (!counts && !this.attachLong()) kernel.attach(P.sysExit(this.environment));
    for (const program of counts?.programs(e) ?? [P.sysEnter(this.environment)]) kernel.attach(program);
    const { sampleFrequency = 0 } = this.options;
    if (sampleFrequency > 0) kernel.runByClock(P.cpuSample(e), sampleFrequency);
  }

  /** False where returns of all calls have to be seen. */
  private attachLong(): boolean {
    const { long } = this.environment.maps;
    if (!long) return false;
    try {
      this.kernel.attach(P.goesOn(this.environment));
    } catch (error) {
      if (!(error instanceof bpf.VerifierError)) throw error;
      this.forgetLong();
      return false;
    }
    awaitTimers(long);
    return true;
  }

  private forgetLong(): void {
    this.environment = { ...this.environment, maps: { ...this.environment.maps, long: undefined } };
  }

  /** 32-bit programs are rare and what reads their memory takes long to load: done when the first is seen. */
  private loadCompat(): void {
    if (this.compatLoaded || this.options.noMemory || this.options.counts) return;
    this.compatLoaded = true;
    const e = { ...this.environment, shapes: this.compiled.compat };
    this.kernel.replace(P.compatEnter(e), e.maps.compatEntry);
    this.kernel.replace(P.compatExit(e), e.maps.compatExit);
    // what is called back cannot jump there
    this.seeAllReturns();
  }

  /** From here on, where it was otherwise. */
  private seeAllReturns(): void {
    if (!this.environment.maps.long) return;
    this.forgetLong();
    this.kernel.attach(P.sysExit(this.environment));
    this.kernel.configure((value) => value.setUint32(L.config.allReturns, 1, true));
  }

  start(command: Command): number {
    if (isCompat(command.path)) this.loadCompat();
    const { followed, hidden, starting } = L.flags;
    const child = startStopped(
      command,
      () => {},
      (pid) => {
        if (!this.follow(pid, pid, followed | hidden | starting))
          throw new SysError(`follow ${pid}`, ESRCH, "ESRCH", "No such process", "it ended before its exec");
        this.admit(new BpfTask(pid, pid, 0), false);
        process.kill(pid, SIGCONT);
      },
    );
    this.started.add(child);
    return child.pid;
  }

  adopt(pid: number, group = 0): void {
    const { followed, hidden, starting } = L.flags;
    if (!this.follow(pid, pid, followed | hidden | starting, group) || exiting(pid))
      throw new SysError(`attach to ${pid}`, ESRCH, "ESRCH", "No such process");
    this.admit(new BpfTask(pid, pid, 0), false);
    if (/[tT]/.test(status(pid)?.state ?? "")) process.kill(pid, SIGCONT);
  }

  attach(pid: number, group = 0): void {
    const found = status(pid);
    if (!found) throw new SysError(`attach to ${pid}`, ESRCH, "ESRCH", "No such process");
    if (this.attachProcess(found.tgid, pid, group) || !exiting(pid)) return;
    throw new SysError(`attach to ${pid}`, ESRCH, "ESRCH", "No such process", "it has ended already");
  }

  /** Follows the threads and children of a task that are no older than `born` (ns) and have no state. */
  private findChild(tid: number, born: number, group: number): void {
    const pid = this.table.get(tid)?.pid ?? tid;
    const young = (t: number) => t !== process.pid && (startedAt(t) ?? 0) >= born - CLOCK_TICK;
    for (const thread of threads(pid).filter(young)) this.attachTask(thread, pid, group);
    for (const child of descendants(pid).filter((p) => status(p)?.ppid === pid && young(p)))
      this.attachTask(child, child, group);
  }

  /** True if there was a task that was not followed yet. */
  private attachProcess(pid: number, tid: number, group: number): boolean {
    if (!this.options.followForks) return this.attachTask(tid, pid, group);
    let attached = 0;
    // threads not yet followed can create more meanwhile
    for (let before = -1; before !== attached; ) {
      before = attached;
      const fresh = threads(pid).filter((t) => !this.table.get(t));
      for (const t of fresh) attached += Number(this.attachTask(t, pid, group, attached ? 0 : fresh.length));
    }
    return attached > 0;
  }

  private attachTask(tid: number, pid: number, group: number, threads = 1): boolean {
    if (this.table.get(tid)) return false;
    if (!this.follow(tid, pid, L.flags.followed | L.flags.found, group)) return false;
    // it may have told of its end before it had a state, and so never will
    if (exiting(tid)) return false;
    const task = new BpfTask(tid, pid, 0);
    task.foundAt = monotonicNow();
    task.attachedThreads = threads;
    this.admit(task, true);
    return true;
  }

  private admit(task: BpfTask, attached: boolean): void {
    task.comm = comm(task.tid);
    task.born = monotonicNow();
    this.table.add(task);
    this.sink.newTask(task, attached);
  }

  /** Gives a task its state; false when it has one already, or is gone. Throws SysError. */
  private follow(tid: number, pid: number, flags: number, group = 0): boolean {
    const { environment: e, kernel } = this;
    if (tid !== pid && !hasThreadFds())
      return kernel.followThread(() => P.followThread(e), tid, flags, group);
    const fd = openTask(tid);
    if (fd < 0) return false;
    try {
      const view = new DataView(this.state.buffer);
      view.setUint32(L.state.flags, flags, true);
      view.setUint32(L.state.tid, tid, true);
      view.setUint32(L.state.pid, pid, true);
      view.setUint32(L.state.group, group, true);
      return bpf.insert(kernel.maps.tasks, Int32Array.of(fd), this.state);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Follows every task that has a number here but our own, or those of one cgroup; tasks are met at their next call. Throws
   * SysError.
   */
  watch(what: { readonly all: true } | { readonly cgroup: string }): void {
    if ("cgroup" in what) this.kernel.chooseCgroup(what.cgroup);
    this.kernel.configure((value) => {
      value.setUint32(L.config.ownPid, this.kernel.ownPid, true);
      value.setUint32(L.config.mode, "all" in what ? L.modes.all : L.modes.cgroup, true);
    });
    this.watching = true;
  }

  step(maxWait: number): number {
    if (!this.open) return 0;
    if (this.drain() === 0) {
      this.pauses.idle();
      if (!this.feed.late) this.idle();
      if (maxWait > 0 && this.size > 0) this.sleep(maxWait);
    } else this.nap = Math.min(this.nap, BUSY_NAP);
    this.pauses.busy();
    if (this.size === 0) this.losses.rest();
    return this.size;
  }

  private get size(): number {
    return this.table.size + (this.watching ? 1 : 0);
  }

  private take(record: Ring | Backlog): void {
    if (this.order) this.order.take(record);
    else this.dispatcher.record(record);
  }

  private drain(): number {
    const n = this.feed.drain(BATCH);
    this.order?.flush(this.feed.late);
    return n;
  }

  private sleep(maxWait: number): void {
    // what cannot be handled yet would wake us at once
    if (this.seldom && this.nap === LONGEST_NAP && this.feed.waiting === 0) this.kernel.rings.wait(maxWait);
    else sleepSync(Math.min(maxWait, this.nap));
    const n = this.drain();
    if (n === 0) this.nap = Math.min(this.nap * 2, LONGEST_NAP);
    else this.nap = n < MUCH ? SHORTEST_NAP : BUSY_NAP;
  }

  private idle(): void {
    const gone = this.census.gone(monotonicNow(), () => this.losses.soFar());
    if (!gone) return;
    // what they told of before is in the ring by now
    while (gone.length > 0 && this.drain() > 0);
    if (this.feed.waiting > 0 || (this.order && this.order.held > 0)) return;
    this.census.over();
    for (const task of gone) {
      if (this.table.get(task.tid) !== task) continue;
      const code = this.started.ended(task.tid);
      if (code !== undefined) this.dispatcher.waitedFor(task, code);
      else {
        this.table.remove(task);
        this.sink.detached(task);
      }
    }
  }

  /** Records that the kernel tried to send, that it could not, and that were read. */
  get account(): { attempted: number; lost: number; delivered: number; unread: number } {
    return {
      ...(this.final ?? this.kernel.sent),
      delivered: this.dispatcher.delivered,
      unread: this.dispatcher.atExit.unread,
    };
  }

  underWay(each: EachUnderWay, tids: Iterable<number> = this.tasks()): void {
    this.calls.tell(tids, each);
  }

  tasks(): number[] {
    return [...this.table].map((t) => t.tid);
  }

  get late(): boolean {
    return this.feed.late;
  }

  get told(): number {
    return this.feed.told;
  }

  hold(): void {
    this.feed.relieve();
  }

  finish(): number {
    if (!this.open) return 0;
    // what happens while the programs go is not seen whole
    this.feed.finish();
    this.kernel.detach();
    this.calls.frozen = true;
    return this.feed.waiting;
  }

  detach(drop = false): void {
    if (!this.open) return;
    this.finish();
    const dropped = drop ? this.feed.drop() : 0;
    this.drainAll();
    this.order?.end();
    if (dropped > 0) this.sink.lost(dropped, "given up before they were written");
    this.losses.rest();
    this.final = this.kernel.sent;
    for (const task of [...this.table]) {
      this.table.remove(task);
      this.sink.detached(task);
    }
    this.open = false;
    this.feed.close();
    this.groups?.close();
    this.kernel.close();
  }

  /** Waits for records that are being written, too, whose writers may have lost their CPU. */
  private drainAll(): void {
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      while (this.drain() > 0);
      if (this.feed.waiting === 0) return;
      sleepSync(1);
    }
    this.sink.lost(1, "events behind one that was never completed");
  }

  killStarted(signal: number): void {
    this.started.kill(signal);
  }
}
