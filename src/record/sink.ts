/** Turns the events of one lifetime into a recording: decides what to keep, and hands it over in batches. */
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { commandLine, commOf, taskTimes } from "../kernel/tasks.ts";
import { CallBuffer, putCall } from "./columns.ts";
import { Histograms, Losses, Rates } from "./counts.ts";
import { commandText, senderText } from "./describe.ts";
import { newLifetime, phasesOf, type Started } from "./lifetime.ts";
import type { Batch, CallRow, EventRow, Lifetime, ProcessRow, SignalRow } from "./model.ts";
import * as ready from "./ready.ts";
import { SampleBuffer } from "./samples.ts";
import { Targets } from "./targets.ts";
import type { CallText, Entry } from "./text.ts";
import { Texts } from "./texts.ts";

export type State = "starting" | "running" | "stopping" | "dead";

export interface SinkOptions {
  path: string;
  /** What is known of the lifetime at its start; the rest gets defaults. */
  lifetime: Started;
  /** Keep every call in every state (`record`). */
  everything: boolean;
  /** Calls at least this long (ns) are kept while running. */
  threshold: number;
  text: CallText;
  signalName: (signo: number) => string;
  errnoName: (errno: number) => string;
  /** Monotonic ns. */
  now: () => number;
  /** Most calls and characters that wait to be written. */
  maxCalls?: number;
  maxCharacters?: number;
}

interface OpenCall {
  /** Undefined when it was not decoded at entry. */
  text: Entry | undefined;
  target: string;
  row: ProcessRow;
}

/** Everything is kept this long (ns) after the service was ready. */
const SETTLE = 5e9;
/** A stop that takes longer than this (ns) is recorded like a running service from then on. */
const STOP_LIMIT = 600e9;
/** Calls that took this long (ns) get their target looked up. */
const SLOW = 0.5e6;
/** Open calls this old (ns) are looked at while starting. */
const BLOCKED = 20e6;
const FATAL = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"]);
const PR_SET_NAME = 15;
const MAX_TEXT = 8192;

export class RecordingSink implements EventSink {
  readonly lifetime: Lifetime;
  state: State = "starting";
  private readonly targets = new Targets();
  private readonly calls = new CallBuffer();
  private readonly texts = new Texts();
  private readonly samples = new SampleBuffer();
  private readonly open = new Map<Task, OpenCall>();
  private readonly rowsByTid = new Map<number, ProcessRow>();
  private readonly processes: ProcessRow[] = [];
  private readonly losses = new Losses();
  private readonly rates = new Rates();
  private readonly histograms = new Histograms();
  private signals: SignalRow[] = [];
  private events: EventRow[] = [];
  /** Calls under way in tasks that were let go. */
  private readonly left: CallRow[] = [];
  private lastProgress: number;
  /** Who made it. */
  private progressTid: number;
  private alive = 0;
  private dirty = true;

  constructor(private readonly options: SinkOptions) {
    this.lifetime = newLifetime(options.threshold, options.lifetime);
    this.lastProgress = this.lifetime.started;
    this.progressTid = this.lifetime.pid;
    if (this.lifetime.attached) this.state = "running";
  }

  get path(): string {
    return this.options.path;
  }

  /** Calls waiting to be written. */
  get waiting(): number {
    return this.calls.count;
  }

  /** There is something to write. */
  get changed(): boolean {
    return this.dirty;
  }

  /** The service's next lifetime is recorded under this name. */
  follow(next: string): void {
    this.lifetime.next = next;
    this.dirty = true;
  }

  /** Threads still followed. */
  get threads(): number {
    return this.alive;
  }

  newTask(task: Task, attached: boolean): void {
    const row: ProcessRow = {
      tid: task.tid,
      pid: task.pid,
      parent: task.parent,
      comm: task.comm || this.rowsByTid.get(task.parent)?.comm || commOf(task.tid) || "",
      argv: attached || task.parent === 0 ? commandText(commandLine(task.pid)) : this.argvOf(task.parent),
      born: task.born || this.options.now(),
      died: null,
      status: null,
      signal: null,
      user_ns: null,
      system_ns: null,
      queued_ns: null,
    };
    this.rowsByTid.set(task.tid, row);
    this.processes.push(row);
    this.alive++;
    this.dirty = true;
  }

  enter(task: Task, memory: Memory): void {
    const { call } = task;
    const row = this.rowOf(task);
    // A short call's text is only needed when it is kept; one that may block can be killed in the call.
    const text =
      this.keepsAll || call.descriptor?.wait !== undefined || call.name.startsWith("exec")
        ? this.options.text.enter(task, memory)
        : undefined;
    const open = this.open.get(task);
    if (open) {
      open.text = text;
      open.target = "";
    } else this.open.set(task, { text, target: "", row });
    // after exit_group the times are gone
    if (call.name === "exit_group" || call.name === "exit") this.readTimes(task, row);
  }

  exit(task: Task, memory: Memory): void {
    const { call } = task;
    const open = this.open.get(task);
    const entered = call.entry || call.exit;
    const duration = call.exit - entered;
    if (ready.isProgress(call.name)) this.progress(call.exit, task.tid);
    if (call.name === "prctl" && call.args[0] === PR_SET_NAME) this.rename(task);
    const keep = this.keepsAll || duration >= this.options.threshold;
    if (this.state === "running") {
      this.rates.add(call.exit, call.name, duration, call.error !== 0);
      this.histograms.add(call.exit, call.name, duration);
    }
    if (keep) {
      const before = open?.text ?? this.options.text.enter(task, memory);
      const { args, ret } = this.options.text.exit(task, memory, before);
      this.watchDescriptors();
      const target = open?.target || this.targets.of(task, args, duration, SLOW);
      this.targets.note(task, args);
      putCall(this.calls, this.texts, {
        ts: entered,
        duration,
        tid: task.tid,
        pid: task.pid,
        name: call.name,
        args: args.length > MAX_TEXT ? `${args.slice(0, MAX_TEXT)}...` : args,
        ret,
        error: call.error ? this.options.errnoName(call.error) : "",
        fd: this.targets.fdOf(task),
        target,
        unfinished: false,
        blocked: call.blocked,
        queued: call.queued,
        gapBlocked: call.gapBlocked,
        gapQueued: call.gapQueued,
        waker: call.waker,
      });
      this.bound();
      this.checkReady(task, target, entered, call.error === 0);
      this.dirty = true;
    }
    this.open.delete(task);
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    const name = this.options.signalName(event.signo);
    const sender = event.info && event.info.getInt32(8, true) <= 0 ? event.info.getInt32(16, true) : 0;
    this.signals.push({
      ts: now,
      tid: task.tid,
      pid: task.pid,
      name,
      info: event.info ? this.options.text.siginfo(task, event.info) : "",
      sender,
    });
    if (task.pid === this.lifetime.pid && FATAL.has(name)) this.askedToStop(now, senderText(name, sender));
    this.dirty = true;
  }

  stopped(task: Task, signo: number, now: number): void {
    this.event(now, "stopped", task.pid, this.options.signalName(signo));
  }

  exec(task: Task, formerTid: number, now: number): void {
    const row = this.rowOf(task);
    row.comm = task.comm || commOf(task.tid) || row.comm;
    row.argv = commandText(commandLine(task.pid));
    row.pid = task.pid;
    if (formerTid !== task.tid) this.rowsByTid.delete(formerTid);
    this.event(now, "exec", task.pid, row.argv);
    this.progress(now, task.tid);
    if (task.pid === this.lifetime.pid && this.lifetime.ready_by === "quiet" && this.state !== "stopping") {
      this.lifetime.ready = null;
      this.lifetime.ready_by = null;
      this.state = "starting";
    }
  }

  superseded(task: Task, _byTid: number, now: number): void {
    this.gone(task, now);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    const row = this.rowOf(task);
    row.comm = task.comm || row.comm;
    row.status = event.status ?? null;
    row.signal = event.signal === undefined ? null : this.options.signalName(event.signal);
    this.progress(now, task.tid);
    const open = this.open.get(task);
    if (open && task.inCall) this.keepUnreturned(task, open, now);
    this.open.delete(task);
    // the pid may be used again
    this.targets.forgetLinks();
    this.gone(task, now);
    if (task.tid === this.lifetime.pid) {
      this.lifetime.died = now;
      this.lifetime.status = row.status;
      this.lifetime.signal = row.signal;
      if (this.state !== "dead") this.state = "stopping";
    }
    if (this.alive === 0) this.end(now);
  }

  detached(task: Task): void {
    const now = this.options.now();
    this.event(now, "detached", task.pid, "");
    const open = this.open.get(task);
    if (open && task.inCall) {
      this.readTimes(task, open.row);
      this.left.push(this.openRow(task, open, now));
    }
    this.open.delete(task);
    this.alive = Math.max(0, this.alive - 1);
  }

  sample(task: Task, frames: Float64Array, count: number, kernelFrames: number, now: number): void {
    if (!this.samples.add(task.tid, task.pid, frames, count, kernelFrames, now))
      this.losses.add(now, 1, "CPU samples not kept: too many");
    this.dirty = true;
  }

  lost(count: number, reason: string): void {
    this.losses.add(this.options.now(), count, reason);
    this.dirty = true;
  }

  /** Something the supervisor told: `control`, `death`, `delay`. */
  event(ts: number, kind: string, pid: number, text: string, until: number | null = null): void {
    this.events.push({ ts, kind, pid, text, until });
    this.dirty = true;
  }

  /** Someone asked the service to stop; the earliest request counts. */
  askedToStop(ts: number, by: string): void {
    const { lifetime } = this;
    if (lifetime.asked === null || ts < lifetime.asked) {
      // A control command is the reason for the signal that follows it.
      lifetime.asked = ts;
      lifetime.asked_by = by;
    }
    if (this.state !== "dead") this.state = "stopping";
    this.dirty = true;
  }

  /** Called now and then by whoever drives the engine: looks at blocked calls, moves the state on. */
  tick(now: number): void {
    const { lifetime } = this;
    if (lifetime.ready_by !== "listen" && now - lifetime.started < START_WATCH && this.state !== "dead") {
      this.lookAtOpen(now, BLOCKED);
    }
    if (this.state === "starting") {
      if (lifetime.ready === null && this.alive > 0) this.checkQuiet(now);
      const settled = lifetime.ready !== null && now - lifetime.ready > SETTLE;
      if (settled || now - lifetime.started > ready.START_LIMIT + SETTLE) this.state = "running";
    } else if (this.state === "stopping" && now - (lifetime.asked ?? lifetime.died ?? now) > STOP_LIMIT) {
      this.state = "running";
    }
  }

  /** The lifetime is over (also called when the tracer lets go). */
  end(now: number): void {
    this.state = "dead";
    this.lifetime.ended = now;
    this.dirty = true;
  }

  /** What is to be written, or undefined if nothing changed. */
  take(now: number): Batch | undefined {
    if (this.open.size > 0 && this.keepsAll) this.dirty = true;
    if (!this.dirty && !this.rates.some) return undefined;
    this.lookAtOpen(now, SLOW);
    for (const task of this.open.keys()) this.readTimes(task, this.rowOf(task));
    const { signals, events } = this;
    this.signals = [];
    this.events = [];
    this.dirty = false;
    this.lifetime.written = now;
    const open = new CallBuffer();
    for (const row of this.openRows(now)) putCall(open, this.texts, row);
    return {
      path: this.options.path,
      lifetime: { ...this.lifetime },
      processes: this.processes.map((p) => ({ ...p })),
      phases: phasesOf(this.lifetime),
      losses: this.losses.rows(),
      open: open.take(),
      calls: this.calls.take(),
      texts: this.texts.take(),
      signals,
      events,
      rates: this.rates.take(now),
      histograms: this.histograms.take(now),
      samples: this.samples.take(),
    };
  }

  private get keepsAll(): boolean {
    return this.options.everything || this.state !== "running";
  }

  private rename(task: Task): void {
    const row = this.rowOf(task);
    row.comm = commOf(task.tid) ?? row.comm;
  }

  private progress(now: number, tid: number): void {
    this.lastProgress = now;
    this.progressTid = tid;
  }

  /** What is remembered of descriptors holds only while no call is left out. */
  private watchDescriptors(): void {
    if (this.targets.complete === this.keepsAll) return;
    this.targets.complete = this.keepsAll;
    this.targets.forgetLinks();
  }

  private rowOf(task: Task): ProcessRow {
    let row = this.rowsByTid.get(task.tid);
    if (!row) {
      this.newTask(task, true);
      row = this.rowsByTid.get(task.tid)!;
    }
    if (task.comm) row.comm = task.comm;
    return row;
  }

  private argvOf(tid: number): string {
    return this.rowsByTid.get(tid)?.argv ?? "";
  }

  private gone(task: Task, now: number): void {
    const row = this.rowOf(task);
    if (row.died !== null) return;
    row.died = now;
    this.alive--;
    this.dirty = true;
  }

  private readTimes(task: Task, row: ProcessRow): void {
    const times = taskTimes(task.pid, task.tid);
    if (!times) return;
    row.user_ns = times.user;
    row.system_ns = times.system;
    row.queued_ns = times.queued;
  }

  /** A call whose task died in it: exit, or a wait cut short by a deadly signal. */
  private keepUnreturned(task: Task, open: OpenCall, now: number): void {
    putCall(this.calls, this.texts, this.openRow(task, open, now));
    this.bound();
  }

  private lookAtOpen(now: number, age: number): void {
    for (const [task, open] of this.open) {
      if (!task.inCall || now - task.call.entry < age) continue;
      if (open.target === "" && open.text !== undefined) {
        open.target = this.targets.of(task, open.text.text, now - task.call.entry, SLOW);
      }
      if (now - task.call.entry >= BLOCKED) this.checkReady(task, open.target, task.call.entry, false);
    }
  }

  private checkReady(task: Task, target: string, entered: number, succeeded: boolean): void {
    const { lifetime } = this;
    const { name } = task.call;
    if (lifetime.ready_by === "listen" || this.state === "stopping" || lifetime.attached) return;
    if (!ready.mayAwaitClients(name) || entered - lifetime.started > START_WATCH) return;
    if (!(succeeded && name.startsWith("accept")) && !ready.listens(target)) return;
    this.isReady(entered, "listen", target, task.tid);
  }

  private checkQuiet(now: number): void {
    const calm = now - this.lastProgress;
    if (calm < ready.QUIET) return;
    let waits = false;
    for (const [task, open] of this.open) {
      if (task.inCall && ready.mayBeStarting(task.call.name, open.target)) waits = true;
    }
    if (calm >= (waits ? ready.QUIET_WITH_WAIT : ready.QUIET)) {
      this.isReady(this.lastProgress, "quiet", "", this.progressTid);
    }
  }

  private isReady(ts: number, by: "listen" | "quiet", target: string, tid: number): void {
    this.lifetime.ready = ts;
    this.lifetime.ready_by = by;
    this.event(ts, "ready", tid, by === "listen" ? target : "no listening socket, start quiet");
  }

  private openRows(now: number): CallRow[] {
    const rows = [...this.left];
    for (const [task, open] of this.open) {
      if (task.inCall && task.call.entry !== 0) rows.push(this.openRow(task, open, now));
    }
    return rows;
  }

  private openRow(task: Task, open: OpenCall, now: number): CallRow {
    const { call } = task;
    return {
      ts: call.entry,
      duration: Math.max(0, now - call.entry),
      tid: task.tid,
      pid: task.pid,
      name: call.name,
      args: open.text?.text ?? "...",
      ret: "?",
      error: "",
      fd: this.targets.fdOf(task),
      target: open.target,
      unfinished: true,
      blocked: -1,
      queued: -1,
      gapBlocked: call.gapBlocked,
      gapQueued: call.gapQueued,
      waker: -1,
    };
  }

  private bound(): void {
    const { maxCalls = 100_000, maxCharacters = 32e6 } = this.options;
    if (this.calls.count <= maxCalls && this.texts.characters <= maxCharacters) return;
    const dropped =
      this.calls.dropOldest(1e6, this.texts) || this.calls.dropOldest(Number.POSITIVE_INFINITY, this.texts);
    this.losses.add(
      this.options.now(),
      dropped,
      "calls not kept: the recording could not be written fast enough",
    );
  }
}

/** Signs of readiness are looked for this long (ns). */
const START_WATCH = ready.START_LIMIT + 240e9;
