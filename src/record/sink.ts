/** Turns the events of one lifetime into a recording: decides what to keep, and hands it over in batches. */
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { lives } from "../kernel/proc.ts";
import type { Before } from "./before.ts";
import { type CallInfo, infoOf } from "./call-info.ts";
import { CallLog } from "./call-log.ts";
import { signalRow } from "./describe.ts";
import { Flight } from "./flight.ts";
import { newLifetime, phasesOf } from "./lifetime.ts";
import type { Batch, Lifetime, ProcessRow } from "./model.ts";
import { type OpenCall, OpenCalls } from "./open-calls.ts";
import { Past } from "./past.ts";
import { ProcessRows } from "./process-rows.ts";
import type { QuietCalls } from "./quiet-calls.ts";
import { REST, Readiness } from "./readiness.ts";
import * as ready from "./ready.ts";
import { Requests } from "./requests.ts";
import { SampleBuffer } from "./samples.ts";
import { SideRows } from "./side-rows.ts";
import type { SinkOptions, State } from "./sink-options.ts";
import { Targets } from "./targets.ts";
import type { Result } from "./text.ts";
import { BLOCKED, SLOW, Waiting } from "./waiting.ts";

/** Once it seems ready, it is looked for better signs this often (ns). */
const LOOK = 1e9;
/** So often if what happened is told of so much later (ns), as there is no CPU to spare. */
const LATE = 1e8;
const PR_SET_NAME = 15;

export class RecordingSink implements EventSink {
  /** Of the recording, as it is reached now. */
  path: string;
  readonly lifetime: Lifetime;
  state: State = "starting";
  readonly processes: ProcessRows;
  private readonly targets = new Targets();
  private readonly readiness: Readiness;
  private readonly requests: Requests;
  private readonly log: CallLog;
  readonly samples: SampleBuffer;
  private readonly open: OpenCalls;
  private readonly waits: Waiting;
  private readonly side = new SideRows();
  private readonly flight: Flight;
  private readonly past: Past;
  private readonly quiet: QuietCalls | undefined;
  /** When it was first recorded like a running service. */
  private ranFrom: number | null = null;
  private dirty = true;
  private looked = Number.NEGATIVE_INFINITY;
  /** Nothing that happened later is captured. */
  private frozen = Number.POSITIVE_INFINITY;

  constructor(private readonly options: SinkOptions) {
    const { threshold, flight, flightCalls } = options.settings;
    const { before } = options;
    this.path = options.path;
    this.quiet = options.quiet;
    this.lifetime = newLifetime(threshold, { ...before?.lifetime, ...options.lifetime });
    this.processes = new ProcessRows(options.now, this.side.losses, before?.processes);
    this.open = new OpenCalls(options.text, this.targets, this.processes, options.underWay);
    this.log = new CallLog(options, (count, reason) => this.dropped(count, reason), before?.texts);
    this.samples = new SampleBuffer(before?.stacks, before?.frames);
    this.flight = new Flight(flight, flightCalls);
    this.past = new Past(options, this.flight, this.log, this.processes, this.targets);
    this.requests = new Requests(this.lifetime);
    this.readiness = new Readiness(this.lifetime, (ts, tid, text) => this.event(ts, "ready", tid, text));
    this.waits = new Waiting(this.open, this.targets, this.readiness, (ts, tid, holder) =>
      this.event(ts, "holder", tid, holder),
    );
    if (this.lifetime.attached) this.run(this.lifetime.started);
    if (before) this.carryOn(before);
    this.targets.watch(this.keepsAll, this.lifetime.started);
  }

  /** Calls waiting to be written. */
  get waiting(): number {
    return this.log.count;
  }

  /** Bytes held, about, but for samples. */
  get bytes(): number {
    return this.log.bytes + this.flight.bytes + this.rowBytes;
  }

  private get rowBytes(): number {
    return this.side.bytes + this.processes.bytes;
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
    if (task.tid === task.pid) {
      this.targets.forked(this.processes.pidOf(task.parent) ?? 0, task.pid);
      this.readiness.born(task.pid, this.options.now());
    }
    this.dirty = true;
  }

  enter(task: Task, memory: Memory): void {
    const info = infoOf(task.call);
    // A short call's text is only needed when it is kept; one that may block can be killed in the call.
    const text = this.keepsAll || info.waits || info.exec ? this.options.text.enter(task, memory) : undefined;
    this.open.enter(task, info, text);
    // after exit_group the times are gone
    if (info.ends) this.processes.readTimes(this.processes.of(task));
  }

  exit(task: Task, memory: Memory): void {
    const open = this.open.of(task);
    this.finished(task, undefined, memory, open);
    if (open) open.text = undefined;
  }

  call(task: Task, atEntry: Memory, atExit: Memory): void {
    const open = this.open.returned(task);
    if (!this.finished(task, atEntry, atExit, open) && task.call.fresh)
      this.options.text.forget(task.call.slot);
  }

  /** Without `atEntry` its entry was told before. Returns whether its text was made. */
  private finished(
    task: Task,
    atEntry: Memory | undefined,
    memory: Memory,
    open: OpenCall | undefined,
  ): boolean {
    const { call } = task;
    const { threshold, flightSlow } = this.options.settings;
    const info = open?.info.name.text === call.name ? open.info : infoOf(call);
    const duration = call.exit - (call.entry || call.exit);
    if (info.progress) this.readiness.progress(call.exit, task.tid);
    if (info.idle && duration >= REST) this.readiness.rests(task.pid, task.tid, call.entry);
    if (info.prctl && call.args[0] === PR_SET_NAME) this.processes.rename(task);
    const running = this.state === "running";
    const elsewhere = !info.exec && this.quiet?.has(call);
    if (running && !elsewhere) this.side.counters.add(call.exit, call.name, duration, call.error !== 0);
    if (this.keepsAll || duration >= threshold) {
      this.keep(task, atEntry, memory, info, open, duration);
      if (running && !info.idle && flightSlow > 0 && duration >= flightSlow) this.sawSlow(task, info);
      return true;
    }
    if (!this.flight.on || elsewhere) return false;
    const worded = info.path || info.peer;
    this.flight.add(task, info, worded ? this.textOf(task, atEntry, memory, open) : undefined);
    return worded;
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    const row = signalRow(task, event, now, this.options);
    this.side.signals.add(row);
    this.dirty = true;
    const by = task.pid === this.lifetime.pid && this.requests.signal(now, row.name, row.sender);
    if (by) this.askedToStop(now, by);
  }

  stopped(task: Task, signo: number, now: number): void {
    this.event(now, "stopped", task.pid, this.options.signalName(signo));
  }

  exec(task: Task, formerTid: number, now: number): void {
    const row = this.processes.execed(task, formerTid, now);
    this.samples.forget(task.pid);
    const event = { ts: now, kind: "exec", pid: task.pid, text: row.argv, until: null };
    this.side.exec(event, this.state === "running");
    this.dirty = true;
    this.readiness.progress(now, task.tid);
    if (task.pid !== this.lifetime.pid) return;
    // what becomes a program anew was told to reload
    const again = this.state === "stopping" && this.requests.withdraw();
    if (again || (this.state !== "stopping" && this.readiness.takeBack())) this.turn("starting", now);
  }

  /** The process goes on under the tid of its first thread. */
  superseded(task: Task): void {
    this.open.forget(task);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    const row = this.processes.of(task);
    if (event.times) this.processes.readTimes(row, event.times);
    row.status = event.status ?? null;
    row.signal = event.signal === undefined ? null : this.options.signalName(event.signal);
    this.readiness.progress(now, task.tid);
    const open = this.open.of(task);
    // exit, or a wait cut short by a deadly signal
    if (open && task.inCall) this.log.put(this.open.row(open, now));
    this.open.forget(task);
    if (task.tid === task.pid) {
      // the pid may be used again
      this.targets.forget(task.pid);
      this.samples.forget(task.pid);
      this.readiness.died(task.pid);
    }
    this.gone(row, now);
    if (task.tid === this.lifetime.pid) this.mainDied(row, now);
    if (this.processes.alive === 0) this.end(now);
  }

  detached(task: Task): void {
    const now = Math.min(this.options.now(), this.frozen);
    // its end was lost
    if (!this.isFrozen && !lives(task.tid)) {
      this.exited(task, { status: undefined, signal: undefined, coreDumped: false }, now);
      return;
    }
    this.event(now, "detached", task.pid, "");
    const open = this.open.of(task);
    if (open?.task.inCall) {
      if (!this.isFrozen) this.processes.readTimes(open.row);
      this.open.leave(open, now);
    }
    this.open.forget(task);
    this.processes.letGo();
    if (this.state === "running" && this.processes.alive === 0) this.quiet?.count(this.side.counters, now);
  }

  sample(task: Task, frames: Float64Array, count: number, kernelFrames: number, now: number): void {
    if (!this.samples.add(task.tid, task.pid, frames, count, kernelFrames, now))
      this.side.losses.add(now, 1, "CPU samples not kept: too many");
    this.dirty = true;
  }

  /** The engine did not see all. */
  lost(count: number, reason: string): void {
    if (count > 0) this.targets.missed(this.options.now());
    this.dropped(count, reason);
  }

  /** It was seen, but not kept. */
  dropped(count: number, reason: string): void {
    if (count <= 0) return;
    this.side.losses.add(this.options.now(), count, reason);
    this.dirty = true;
  }

  /** What is missing so far, for whatever reason. */
  get lossCount(): number {
    return this.side.losses.total;
  }

  /** Something the supervisor told: `control`, `death`, `delay`; or that befell the recording. */
  event(ts: number, kind: string, pid: number, text: string, until: number | null = null): void {
    this.side.events.add({ ts, kind, pid, text, until });
    this.dirty = true;
  }

  /** Someone asked the service to stop; `ignored`: by a signal that it ignores. */
  askedToStop(ts: number, by: string, ignored = false): void {
    this.requests.note(ts, by, ignored);
    this.dirty = true;
    if (this.state === "dead") return;
    const ran = this.state === "running";
    this.turn("stopping", ts);
    if (ran && this.keepsAll) this.past.owe(ts);
  }

  /**
   * Called now and then by whoever drives the engine: looks at blocked calls, moves the state on. What happened after `told`
   * (ns) may not have been told of yet.
   */
  tick(now: number, told = now): void {
    const often = this.state === "stopping" || this.lifetime.ready === null;
    const pause = now - told > LATE ? LATE : 0;
    if (often ? now - this.looked >= pause : this.readiness.watching(now) && now - this.looked >= LOOK) {
      if (this.state !== "dead") this.look(now);
      this.examine(now, BLOCKED, told);
    }
    this.moveOn(told);
  }

  private examine(now: number, age: number, told: number): void {
    this.waits.examine(Math.min(now, this.frozen), age, {
      stopping: this.state === "stopping",
      told,
      lookUp: this.isFrozen ? "no" : "once",
    });
  }

  private moveOn(now: number): void {
    const { lifetime } = this;
    if (this.state === "running") this.quiet?.tend(this.side.counters, now);
    if (this.state === "starting") {
      if (lifetime.ready === null && this.processes.alive > 0)
        this.readiness.checkQuiet(now, () => this.waits.mayBeStarting());
      const settled = lifetime.ready !== null && now - lifetime.ready > ready.SETTLE;
      if (settled || now - lifetime.started > ready.START_LIMIT + ready.SETTLE) this.run(now);
    } else if (this.state === "stopping" && this.requests.overdue(now)) {
      this.requests.withdraw();
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
    for (const { ts, count, reason } of losses) this.side.losses.add(ts, count, reason);
    const missed = ((now - lifetime.written) / 1e9).toFixed(1);
    this.event(lifetime.written, "gap", lifetime.pid, "the recorder was not running", now);
    this.side.losses.add(lifetime.written, 1, `gap of ${missed} s: the recorder was not running`);
    if (lifetime.asked !== null) this.state = "stopping";
    else if (lifetime.ready !== null) this.ranFrom ??= lifetime.ready + ready.SETTLE;
  }

  private run(now: number): void {
    this.ranFrom ??= now;
    this.turn("running", now);
  }

  /** Has an engine that can be quiet say what matters in the state. */
  private turn(state: State, now: number): void {
    const { policy, threshold } = this.options.settings;
    const ran = this.state === "running" && state !== "running";
    this.state = state;
    const at = Math.max(now, this.options.now());
    this.targets.watch(this.keepsAll, at); // memory of descriptors holds while no call is left out
    this.quiet?.setThreshold(state === "running" && policy !== "everything" ? threshold : 0, at);
    if (ran) this.quiet?.count(this.side.counters, now);
  }

  /** Turns what the flight recorder holds into calls. Returns how many. */
  saveFlight(now: number, reason: string): number {
    const saved = this.past.keepFlight(now);
    this.event(now, "flight", this.lifetime.pid, `${reason}: ${saved} calls of before`);
    return saved;
  }

  /** The lifetime is over (also called when the tracer lets go). */
  end(now: number): void {
    this.turn("dead", now);
    this.quiet?.close();
    this.lifetime.ended = now;
    this.dirty = true;
  }

  /** What is to be written, or undefined if nothing changed, unless `wanted` nevertheless. */
  take(now: number, wanted = false): Batch | undefined {
    if (wanted || (this.processes.alive > 0 && this.keepsAll)) this.dirty = true;
    if (!this.dirty && !this.side.counters.some && !this.samples.some) return undefined;
    this.past.settle();
    if (this.state !== "dead") this.look(now);
    // what it waits for now is known now only, though it may not have been told of
    this.examine(Math.max(now, this.options.now()), SLOW, now);
    if (!this.isFrozen) for (const { row } of this.open.all()) this.processes.readTimes(row);
    this.dirty = false;
    this.lifetime.written = now;
    return {
      path: this.path,
      open: this.log.columns(this.open.rows(now)),
      lifetime: { ...this.lifetime },
      processes: this.processes.take(),
      phases: phasesOf(this.lifetime),
      ...this.log.take(),
      ...this.side.take(now, this.isFrozen || this.state === "dead"),
      samples: this.samples.take(),
      limit: this.options.settings.file,
      ranFrom: this.ranFrom,
    };
  }

  /** Takes back what could not be written, to hand it over again; within the limits, and counting the rest. */
  giveBack(batch: Batch): void {
    this.log.giveBack(batch);
    this.samples.giveBack(batch.samples);
    this.giveBackRows(batch);
  }

  private giveBackRows(batch: Batch): void {
    this.processes.giveBack(batch.processes);
    this.side.giveBack(batch);
    this.dirty = true;
  }

  /** The recording was removed, with the texts that calls of `batch` are named by: another one begins. False if it is over. */
  restart(batch: Batch): boolean {
    if (this.state === "dead") return false;
    const gone = this.log.restart(batch.calls) + this.samples.restart(batch.samples);
    this.dropped(Math.max(1, gone), "calls and samples of before: the recording was removed");
    this.giveBackRows(batch);
    return true;
  }

  /** Gives up about half of what waits: of the calls what is least worth, if they are most of it. */
  shed(reason: string): void {
    if (this.log.bytes >= this.rowBytes) this.log.shed(reason);
    else {
      this.side.shed();
      this.processes.shed();
    }
  }

  private get isFrozen(): boolean {
    return this.frozen < Number.POSITIVE_INFINITY;
  }

  private get keepsAll(): boolean {
    const { policy } = this.options.settings;
    return policy === "everything" || (policy === "default" && this.state !== "running");
  }

  private keep(
    task: Task,
    atEntry: Memory | undefined,
    memory: Memory,
    info: CallInfo,
    open: OpenCall | undefined,
    duration: number,
  ): void {
    const { call } = task;
    const result = this.textOf(task, atEntry, memory, open);
    const args = result.args.text;
    const target = open?.target || this.targets.of(task, info, args, duration, SLOW);
    if (info.notes) this.targets.note(task, info, args);
    if (this.options.wanted === undefined || this.options.wanted(call.name)) {
      this.log.store(task, info, result, target, this.targets.fdOf(task, info));
    }
    if (info.clients) this.readiness.served(task, args, target, this.state === "stopping");
    this.dirty = true;
  }

  private textOf(
    task: Task,
    atEntry: Memory | undefined,
    memory: Memory,
    open: OpenCall | undefined,
  ): Result {
    const { text } = this.options;
    return atEntry
      ? text.whole(task, atEntry, memory)
      : text.exit(task, memory, open?.text ?? text.enter(task, memory));
  }

  private sawSlow(task: Task, info: CallInfo): void {
    const { exit } = task.call;
    if (this.past.mayKeepFlight(exit)) this.saveFlight(exit, `slow ${info.name.text} of ${task.tid}`);
  }

  private mainDied(row: ProcessRow, now: number): void {
    const { lifetime } = this;
    if (this.state === "running" && lifetime.asked === null) this.saveFlight(now, "death");
    lifetime.died = now;
    lifetime.status = row.status;
    lifetime.signal = row.signal;
    this.requests.died(row.signal);
    if (this.state !== "dead") this.turn("stopping", now);
  }

  private gone(row: ProcessRow, now: number): void {
    this.processes.died(row, now);
    this.dirty = true;
  }

  /**
   * Nothing that happens from `now` on is captured; what happened before may still be told of. What is under way now stays so:
   * a task may be gone when all has been told.
   */
  freeze(now: number): void {
    this.look(now);
    const stopping = this.state === "stopping";
    this.waits.examine(now, SLOW, { stopping, told: Number.NEGATIVE_INFINITY, lookUp: "again" });
    this.processes.readAllTimes();
    this.open.freeze();
    this.frozen = now;
  }

  /** Finds out what is under way, where the engine does not tell by itself. */
  look(now: number): void {
    this.looked = now;
    this.open.look();
  }
}
