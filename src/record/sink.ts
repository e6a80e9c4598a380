/** Turns the events of one lifetime into a recording: decides what to keep, and hands it over in batches. */
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { Before } from "./before.ts";
import { type CallInfo, infoOf } from "./call-info.ts";
import { CallLog, type CallLogOptions } from "./call-log.ts";
import { Counters, Losses } from "./counts.ts";
import { senderText } from "./describe.ts";
import { Flight, GoneMemory } from "./flight.ts";
import { holderOf } from "./holders.ts";
import { newLifetime, phasesOf, type Started } from "./lifetime.ts";
import type { Batch, CallRow, EventRow, Lifetime, ProcessRow, SignalRow } from "./model.ts";
import { ProcessRows } from "./process-rows.ts";
import { REST, Readiness } from "./readiness.ts";
import * as ready from "./ready.ts";
import { SampleBuffer } from "./samples.ts";
import type { Settings } from "./settings.ts";
import { Targets } from "./targets.ts";
import type { CallText, Entry, Result } from "./text.ts";

export type State = "starting" | "running" | "stopping" | "dead";

export interface SinkOptions extends CallLogOptions {
  path: string;
  /** What is known of the lifetime at its start; the rest gets defaults. */
  lifetime: Started;
  settings: Pick<Settings, "policy" | "threshold" | "flight" | "flightCalls" | "flightSlow" | "file">;
  /** Calls that are kept one by one; undefined: all. */
  wanted?: (name: string) => boolean;
  /** What was recorded of this lifetime before; it is carried on. */
  before?: Before;
  text: CallText;
  signalName: (signo: number) => string;
  /** Monotonic ns. */
  now: () => number;
}

interface OpenCall {
  info: CallInfo;
  /** Undefined when it was not decoded at entry. */
  text: Entry | undefined;
  target: string;
  row: ProcessRow;
  /** The holder of the lock it waits for has been looked up. */
  asked: boolean;
}

/** Everything is kept this long (ns) after the service was ready. */
const SETTLE = 5e9;
/** A stop that takes longer than this (ns) is recorded like a running service from then on. */
const STOP_LIMIT = 600e9;
/** Calls that took this long (ns) get their target looked up. */
const SLOW = 0.5e6;
/** Open calls this old (ns) are looked at while starting. */
const BLOCKED = 20e6;
/** Slow calls save the flight recorder this often at most (ns). */
const FLIGHT_PAUSE = 10e9;
const FATAL = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"]);
const PR_SET_NAME = 15;
const gone = new GoneMemory();

export class RecordingSink implements EventSink {
  readonly lifetime: Lifetime;
  state: State = "starting";
  readonly processes: ProcessRows;
  private readonly targets = new Targets();
  private readonly readiness: Readiness;
  private readonly log: CallLog;
  private readonly samples: SampleBuffer;
  private readonly open = new Map<Task, OpenCall>();
  private readonly losses = new Losses();
  private readonly counters = new Counters();
  private readonly flight: Flight;
  private signals: SignalRow[] = [];
  private events: EventRow[] = [];
  /** Calls under way in tasks that were let go. */
  private readonly left: CallRow[] = [];
  private flightSaved = Number.NEGATIVE_INFINITY;
  /** When it was first recorded like a running service. */
  private ranFrom: number | null = null;
  private dirty = true;

  constructor(private readonly options: SinkOptions) {
    const { threshold, flight, flightCalls } = options.settings;
    const { before } = options;
    this.lifetime = newLifetime(threshold, { ...before?.lifetime, ...options.lifetime });
    this.processes = new ProcessRows(options.now, before?.processes);
    this.log = new CallLog(options, (count, reason) => this.lost(count, reason), before?.texts);
    this.samples = new SampleBuffer(before?.stacks, before?.frames);
    this.flight = new Flight(flight, flightCalls);
    this.readiness = new Readiness(this.lifetime, (ts, tid, text) => this.event(ts, "ready", tid, text));
    if (this.lifetime.attached) this.run(this.lifetime.started);
    if (before) this.carryOn(before);
  }

  get path(): string {
    return this.options.path;
  }

  /** Calls waiting to be written. */
  get waiting(): number {
    return this.log.count;
  }

  /** Bytes held for calls, about. */
  get bytes(): number {
    return this.log.bytes + this.flight.bytes;
  }

  /** There is something to write. */
  get changed(): boolean {
    return this.dirty;
  }

  /** Threads still followed. */
  get threads(): number {
    return this.processes.alive;
  }

  /** The lifetime begins now, and not when this was made; before any event. */
  startsAt(now: number): void {
    this.lifetime.started = now;
    this.readiness.progress(now, this.lifetime.pid);
  }

  /** The service's next lifetime is recorded under this name. */
  follow(next: string): void {
    this.lifetime.next = next;
    this.dirty = true;
  }

  newTask(task: Task, attached: boolean): void {
    this.processes.add(task, attached);
    if (task.tid === task.pid) this.readiness.born(task.pid, this.options.now());
    this.dirty = true;
  }

  enter(task: Task, memory: Memory): void {
    const info = infoOf(task.call);
    // A short call's text is only needed when it is kept; one that may block can be killed in the call.
    const text = this.keepsAll || info.waits || info.exec ? this.options.text.enter(task, memory) : undefined;
    const open = this.open.get(task);
    if (open) {
      open.info = info;
      open.text = text;
      open.target = "";
      open.asked = false;
    } else this.open.set(task, { info, text, target: "", row: this.processes.of(task), asked: false });
    // after exit_group the times are gone
    if (info.ends) this.processes.readTimes(this.processes.of(task));
  }

  exit(task: Task, memory: Memory): void {
    const { call } = task;
    const open = this.open.get(task);
    const info = open?.info.name.text === call.name ? open.info : infoOf(call);
    const duration = call.exit - (call.entry || call.exit);
    if (info.progress) this.readiness.progress(call.exit, task.tid);
    if (info.idle && duration >= REST) this.readiness.rests(task.pid, task.tid, call.entry);
    if (info.prctl && call.args[0] === PR_SET_NAME) this.processes.rename(task);
    const running = this.state === "running";
    if (running) this.counters.add(call.exit, call.name, duration, call.error !== 0);
    if (this.keepsAll || duration >= this.options.settings.threshold) {
      this.keep(task, memory, info, open, duration);
      const { flightSlow } = this.options.settings;
      if (running && !info.idle && flightSlow > 0 && duration >= flightSlow) this.sawSlow(task, info);
    } else if (this.flight.on) {
      this.flight.add(task, info, info.path || info.peer ? this.textOf(task, memory, open) : undefined);
    }
    if (open) open.text = undefined;
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
    const row = this.processes.execed(task, formerTid);
    this.samples.forget(task.pid);
    this.event(now, "exec", task.pid, row.argv);
    this.readiness.progress(now, task.tid);
    if (task.pid === this.lifetime.pid && this.state !== "stopping" && this.readiness.takeBack())
      this.state = "starting";
  }

  superseded(task: Task, _byTid: number, now: number): void {
    this.open.delete(task);
    this.gone(this.processes.of(task), now);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    const row = this.processes.of(task);
    if (event.times) this.processes.readTimes(row, event.times);
    row.status = event.status ?? null;
    row.signal = event.signal === undefined ? null : this.options.signalName(event.signal);
    this.readiness.progress(now, task.tid);
    const open = this.open.get(task);
    // exit, or a wait cut short by a deadly signal
    if (open && task.inCall) this.log.put(this.openRow(task, open, now));
    this.open.delete(task);
    // the pid may be used again
    this.targets.forgetLinks();
    if (task.tid === task.pid) {
      this.samples.forget(task.pid);
      this.readiness.died(task.pid);
    }
    this.gone(row, now);
    if (task.tid === this.lifetime.pid) this.mainDied(row, now);
    if (this.processes.alive === 0) this.end(now);
  }

  detached(task: Task): void {
    const now = this.options.now();
    this.event(now, "detached", task.pid, "");
    const open = this.open.get(task);
    if (open && task.inCall) {
      this.processes.readTimes(open.row);
      this.left.push(this.openRow(task, open, now));
    }
    this.open.delete(task);
    this.processes.letGo();
  }

  sample(task: Task, frames: Float64Array, count: number, kernelFrames: number, now: number): void {
    if (!this.samples.add(task.tid, task.pid, frames, count, kernelFrames, now))
      this.losses.add(now, 1, "CPU samples not kept: too many");
    this.dirty = true;
  }

  lost(count: number, reason: string): void {
    if (count <= 0) return;
    this.losses.add(this.options.now(), count, reason);
    this.dirty = true;
  }

  /** Something the supervisor told: `control`, `death`, `delay`; or that befell the recording. */
  event(ts: number, kind: string, pid: number, text: string, until: number | null = null): void {
    this.events.push({ ts, kind, pid, text, until });
    this.dirty = true;
  }

  /** Someone asked the service to stop; the earliest request counts. */
  askedToStop(ts: number, by: string): void {
    const { lifetime } = this;
    // A control command is the reason for the supervisor's signal, whichever was noted first.
    const told = / from (\d+) /.exec(lifetime.asked_by ?? "")?.[1];
    if (told !== undefined && Number(told) === lifetime.supervisor && by.startsWith("svc"))
      lifetime.asked_by = by;
    if (lifetime.asked === null || ts < lifetime.asked) {
      lifetime.asked = ts;
      lifetime.asked_by = by;
    }
    if (this.state !== "dead") this.state = "stopping";
    this.dirty = true;
  }

  /** Called now and then by whoever drives the engine: looks at blocked calls, moves the state on. */
  tick(now: number): void {
    const { lifetime } = this;
    if (this.state === "stopping" || this.readiness.watching(now)) this.lookAtOpen(now, BLOCKED);
    if (this.state === "starting") {
      if (lifetime.ready === null && this.processes.alive > 0)
        this.readiness.checkQuiet(now, () => this.someMayBeStarting());
      const settled = lifetime.ready !== null && now - lifetime.ready > SETTLE;
      if (settled || now - lifetime.started > ready.START_LIMIT + SETTLE) this.run(now);
    } else if (this.state === "stopping" && now - (lifetime.asked ?? lifetime.died ?? now) > STOP_LIMIT) {
      this.run(now);
    }
  }

  /** Everything that was being recorded before is attached to again, or gone. */
  attachedAgain(now: number): void {
    this.processes.buryRest(now);
    this.dirty = true;
  }

  private carryOn({ lifetime, losses }: Before): void {
    const now = this.options.now();
    for (const { ts, count, reason } of losses) this.losses.add(ts, count, reason);
    const missed = ((now - lifetime.written) / 1e9).toFixed(1);
    this.event(lifetime.written, "gap", lifetime.pid, "the recorder was not running", now);
    this.losses.add(lifetime.written, 1, `gap of ${missed} s: the recorder was not running`);
    if (lifetime.asked !== null) this.state = "stopping";
    else if (lifetime.ready !== null) this.ranFrom ??= lifetime.ready + SETTLE;
  }

  private run(now: number): void {
    this.state = "running";
    this.ranFrom ??= now;
  }

  /** Turns what the flight recorder holds into calls. Returns how many. */
  saveFlight(now: number, reason: string): number {
    let saved = 0;
    for (const { task, info, text } of this.flight.take(now)) {
      const result = text ?? this.options.text.exit(task, gone, this.options.text.enter(task, gone));
      this.log.store(task, info, result, "", this.targets.fdOf(task, info));
      saved++;
    }
    this.flightSaved = now;
    this.event(now, "flight", this.lifetime.pid, `${reason}: ${saved} calls of before`);
    return saved;
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
    if (!this.dirty && !this.counters.some && !this.samples.some) return undefined;
    this.lookAtOpen(now, SLOW);
    for (const [task, { row }] of this.open) if (task.inCall) this.processes.readTimes(row);
    const { signals, events } = this;
    this.signals = [];
    this.events = [];
    this.dirty = false;
    this.lifetime.written = now;
    const open = this.log.columns(this.openRows(now));
    return {
      path: this.options.path,
      lifetime: { ...this.lifetime },
      processes: this.processes.take(),
      phases: phasesOf(this.lifetime),
      losses: this.losses.rows(),
      open,
      ...this.log.take(),
      signals,
      events,
      ...this.counters.take(now),
      samples: this.samples.take(),
      limit: this.options.settings.file,
      ranFrom: this.ranFrom,
    };
  }

  /** Takes back what could not be written, to hand it over again; within the limits, and counting the rest. */
  giveBack(batch: Batch): void {
    this.log.giveBack(batch);
    this.processes.giveBack(batch.processes);
    this.signals.unshift(...batch.signals);
    this.events.unshift(...batch.events);
    this.counters.giveBack(batch);
    this.samples.giveBack(batch.samples);
    this.dirty = true;
  }

  /** Drops what is least worth of the calls that wait. */
  shed(reason: string): void {
    this.log.shed(reason);
  }

  private get keepsAll(): boolean {
    const { policy } = this.options.settings;
    return policy === "everything" || (policy === "default" && this.state !== "running");
  }

  private keep(
    task: Task,
    memory: Memory,
    info: CallInfo,
    open: OpenCall | undefined,
    duration: number,
  ): void {
    const { call } = task;
    const result = this.textOf(task, memory, open);
    this.watchDescriptors();
    const args = result.args.text;
    const target = open?.target || this.targets.of(task, info, args, duration, SLOW);
    if (info.notes) this.targets.note(task, info, args);
    if (this.options.wanted === undefined || this.options.wanted(call.name)) {
      this.log.store(task, info, result, target, this.targets.fdOf(task, info));
    }
    if (info.clients && ready.onlyLooks(call.name, call.args, args)) this.readiness.looked(task.tid);
    else if (info.clients && this.state !== "stopping") {
      const accepted = call.error === 0 && call.name.startsWith("accept");
      this.readiness.awaits(target, call.entry || call.exit, task, accepted);
    }
    this.dirty = true;
  }

  private textOf(task: Task, memory: Memory, open: OpenCall | undefined): Result {
    return this.options.text.exit(task, memory, open?.text ?? this.options.text.enter(task, memory));
  }

  private sawSlow(task: Task, info: CallInfo): void {
    const { exit } = task.call;
    if (!this.flight.on || exit - this.flightSaved < FLIGHT_PAUSE) return;
    this.saveFlight(exit, `slow ${info.name.text} of ${task.tid}`);
  }

  private mainDied(row: ProcessRow, now: number): void {
    const { lifetime } = this;
    if (this.state === "running" && lifetime.asked === null) this.saveFlight(now, "death");
    lifetime.died = now;
    lifetime.status = row.status;
    lifetime.signal = row.signal;
    if (this.state !== "dead") this.state = "stopping";
  }

  /** What is remembered of descriptors holds only while no call is left out. */
  private watchDescriptors(): void {
    if (this.targets.complete === this.keepsAll) return;
    this.targets.complete = this.keepsAll;
    this.targets.forgetLinks();
  }

  private gone(row: ProcessRow, now: number): void {
    this.processes.died(row, now);
    this.dirty = true;
  }

  private lookAtOpen(now: number, age: number): void {
    for (const [task, open] of this.open) {
      const { call } = task;
      if (!task.inCall || now - call.entry < age) continue;
      const info = infoOf(call);
      if (open.target === "" && open.text !== undefined)
        open.target = this.targets.of(task, info, open.text.args.text, now - call.entry, SLOW);
      const text = open.text?.args.text ?? "";
      if (
        now - call.entry >= BLOCKED &&
        info.clients &&
        this.state !== "stopping" &&
        !ready.onlyLooks(call.name, call.args, text)
      )
        this.readiness.awaits(open.target, call.entry, task, false);
      if (info.idle && now - call.entry >= REST) this.readiness.rests(task.pid, task.tid, call.entry);
      if (info.locks && !open.asked) {
        open.asked = true;
        const holder = holderOf(task, open.text?.args.text ?? "");
        if (holder !== undefined) this.event(call.entry, "holder", task.tid, holder);
      }
    }
  }

  private someMayBeStarting(): boolean {
    for (const [task, open] of this.open) {
      if (task.inCall && ready.mayBeStarting(task.call.name, open.target)) return true;
    }
    return false;
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
      args: open.text?.args.text ?? "...",
      ret: "?",
      error: "",
      fd: this.targets.fdOf(task, infoOf(call)),
      target: open.target,
      unfinished: true,
      blocked: -1,
      queued: -1,
      gapBlocked: call.gapBlocked,
      gapQueued: call.gapQueued,
      waker: -1,
    };
  }
}
