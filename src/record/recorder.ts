/** The recorder of a host: one recording for each lifetime of each service, all written by one thread. */

import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sleepSync } from "../base/sleep.ts";
import type { Chosen } from "../capture/choose.ts";
import type { Engine } from "../capture/engine.ts";
import { descendants, ignoresTerm, startedAt, status } from "../kernel/proc.ts";
import { sameArguments } from "../kernel/tasks.ts";
import { type Before, readBefore } from "./before.ts";
import { Demux } from "./demux.ts";
import { HeldDir, identityAt } from "./held-dir.ts";
import type { Started } from "./lifetime.ts";
import type { Message, Start } from "./messages.ts";
import type { Batch } from "./model.ts";
import {
  expire,
  listRecordings,
  makeRecordingsDir,
  nextRecordingName,
  realDir,
  recordingsDir,
} from "./names.ts";
import { QuietCalls } from "./quiet-calls.ts";
import { Recorded } from "./recorded.ts";
import { type EngineChoice, readSettings } from "./settings.ts";
import { RecordingSink } from "./sink.ts";
import type { SinkOptions } from "./sink-options.ts";
import type { Written } from "./writer.ts";
import { Writing } from "./writing.ts";

export interface RecorderOptions {
  /** Makes an engine; called once for each kind that a service asks for. */
  engine: (kind: EngineChoice, sink: Demux) => Chosen;
  write: (batch: Batch) => Promise<Written>;
  /** Text, names and clock for the sinks. */
  parts: Pick<SinkOptions, "text" | "signalName" | "errnoName" | "now">;
  /** Parses a `filter`. Throws with one line when it is none. */
  filter: (text: string) => (name: string) => boolean;
  /** Nanoseconds since 1970 minus monotonic nanoseconds. */
  anchor: () => number;
  version: string;
  /** Sends SIGCONT to a process that could not be attached to. */
  resume: (pid: number) => void;
  /** One line for the operator. */
  warn: (text: string) => void;
}

/** A process that had not stopped itself when we got to it, on a busy machine, does so within this time (ns). */
const UNSTOPPED = 10e9;
/** Who asks for what is known waits until the rest is, but not longer than this (ns); looked at this often (ms). */
const CATCH_UP = 2e9;
const CATCH_UP_STEP = 5;
/** Services are looked at this often (ns). */
const TICK = 50e6;
/** Recordings are looked through for old ones this often (ns). */
const EXPIRE = 3600e9;
/** Kernel clock ticks, and the time a recorder takes to attach, between the start of a process and of its recording (ns). */
const SAME_START = 3e9;
const STOPS = /[dtkixq]/;
/** Those that send SIGTERM. */
const TERMS = /[dt]/;
/** A child of the supervisor stops itself before its exec; it is waited for in steps of a millisecond, this many. */
const STOP_STEPS = 50;

export class Recorder {
  readonly demux: Demux;
  private readonly engines = new Map<EngineChoice, Chosen>();
  private readonly live = new Set<Recorded>();
  /** Newest lifetime of each service, by the identity of its directory: it may be renamed, and have several names. */
  private readonly newest = new Map<string, Recorded>();
  /** By directory: why what process is not recorded. */
  private readonly problems = new Map<string, string>();
  private readonly writing: Writing;
  /** Processes that may still be about to stop themselves, and until when (ns) they are looked at. */
  private readonly unstopped = new Map<number, number>();
  private readonly engineOf = new WeakMap<RecordingSink, Engine>();
  private detached = false;
  private ticked = 0;
  private expired = 0;

  constructor(private readonly options: RecorderOptions) {
    this.demux = new Demux(
      (slot) => options.parts.text.forget(slot),
      (pid) => this.unstopped.delete(pid) && options.resume(pid),
    );
    this.writing = new Writing(
      options.write,
      options.parts.now,
      (sink, now) => this.told(sink, now),
      options.warn,
    );
  }

  /** Lifetimes not over or not written yet. */
  get busy(): number {
    return this.live.size;
  }

  /** No service is starting or stopping. */
  get calm(): boolean {
    for (const { sink } of this.live) if (sink.state !== "running") return false;
    return this.unstopped.size === 0;
  }

  /** `step` need not wait: all that happens is there to be read a moment later. */
  get patient(): boolean {
    return this.distinct().every((engine) => engine.patient);
  }

  /** `step` left events because its time was over. */
  get late(): boolean {
    return this.distinct().some((engine) => engine.late);
  }

  /** Threads being traced. */
  get tasks(): number {
    let n = 0;
    for (const engine of this.distinct()) n += engine.tasks().length;
    return n;
  }

  /** Gets the engine ready that services take by default, so that the first one's start need not wait for it. */
  prepare(): void {
    this.engine("auto");
  }

  /** Attaches to a service that stopped itself before its exec. Returns why it could not, or undefined. */
  start(m: Start): string | undefined {
    awaitStop(m);
    const problem = this.begin(
      m.service,
      m.dir,
      m.pid,
      (recorded, engine, group) => {
        this.demux.expect(m.pid, recorded.sink);
        this.noteBetween(recorded.sink, m);
        if (/[RSD]/.test(status(m.pid)?.state ?? "")) this.attachLate(recorded.sink, engine, m.pid, group);
        else engine.adopt(m.pid, group);
      },
      { started: m.time * 1e9 - this.options.anchor(), supervisor: m.supervisor },
    );
    if (problem !== undefined) this.options.resume(m.pid);
    return problem;
  }

  /**
   * Attaches to a service that runs already: carries its recording on if it has one, else begins one. Returns why it
   * could not, or undefined.
   */
  async attach(service: string, dir: string, pid: number, supervisor: number): Promise<string | undefined> {
    const now = this.options.parts.now();
    const before = await this.unfinished(dir, pid);
    // it may have been told of, or found again, meanwhile
    if (this.knows(dir, pid)) return undefined;
    return this.begin(
      service,
      dir,
      pid,
      ({ sink }, engine, group) => {
        this.attachAll(sink, engine, pid, group);
        sink.attachedAgain(this.options.parts.now());
      },
      before ? { ...before.lifetime, supervisor } : { started: now, supervisor, attached: true },
      before,
    );
  }

  /** In the new lifetime, as the one before may be on disk already; its own start is not told to anybody else. */
  private noteBetween(sink: RecordingSink, { between, time }: Start): void {
    const { started } = sink.lifetime;
    const at = (seconds: number) => Math.min(started, started + (seconds - time) * 1e9);
    for (const { state, from, until, names } of between)
      sink.event(at(from), "between", 0, [state, ...names].join(" "), at(until));
  }

  /** A process that was continued before we got to it may have become the service: its exec is not waited for. */
  private attachLate(sink: RecordingSink, engine: Engine, pid: number, group: number): void {
    this.attachAll(sink, engine, pid, group);
    this.unstopped.set(pid, this.options.parts.now() + UNSTOPPED);
    const { started } = sink.lifetime;
    const now = this.options.parts.now();
    sink.event(started, "gap", pid, "the recorder was not ready", now);
    sink.lost(1, `gap of ${((now - started) / 1e9).toFixed(1)} s: the recorder was not ready`);
  }

  private attachAll(sink: RecordingSink, engine: Engine, pid: number, group: number): void {
    for (const p of [pid, ...descendants(pid)]) {
      this.demux.expect(p, sink);
      try {
        engine.attach(p, group);
      } catch (error) {
        this.demux.forget(p);
        if (p === pid) throw error;
      }
    }
  }

  /** Whether the newest lifetime of a service is that of process `pid`. */
  knows(dir: string, pid: number): boolean {
    return this.newest.get(identityAt(dir))?.sink.lifetime.pid === pid;
  }

  /** The newest recording of a service, if it is one of the running process `pid`. */
  private async unfinished(dir: string, pid: number): Promise<Before | undefined> {
    let home: HeldDir | undefined;
    try {
      home = new HeldDir(dir);
      const recordings = recordingsDir(home.path);
      const name = listRecordings(recordings).at(-1);
      if (name === undefined || !name.endsWith(`-${pid}.duckdb`)) return undefined;
      const before = await readBefore(join(recordings, name));
      if (!before || before.lifetime.ended !== null) return undefined;
      const begun = startedAt(pid);
      // its pid may have been used again; no other process can have had it when this one had begun, which after a suspend seems
      // earlier than it was
      return begun === undefined || begun - before.lifetime.started > SAME_START ? undefined : before;
    } catch {
      return undefined;
    } finally {
      home?.close();
    }
  }

  /** Notes what the supervisor tells about a service. */
  tell(m: Exclude<Message, Start | { op: string }>): void {
    const recorded = this.newest.get(identityAt(m.dir));
    if (!recorded?.hold(m.dir)) return;
    const { sink } = recorded;
    // the wall clock may have been set since the lifetime began
    const now = this.options.parts.now();
    const anchor = this.options.anchor();
    const at = Math.min(Math.max(m.time * 1e9 - anchor, sink.lifetime.started), now);
    if (m.event === "control") {
      sink.event(at, "control", sink.lifetime.pid, `svc -${m.command}`);
      // we may hear of the request after the death it led to
      const { ended } = sink.lifetime;
      const ignored = TERMS.test(m.command) && ignoresTerm(sink.lifetime.pid);
      if (STOPS.test(m.command) && (ended === null || at < ended))
        sink.askedToStop(at, `svc -${m.command}`, ignored);
    } else if (m.event === "death") sink.event(at, "death", m.pid, String(m.status ?? ""));
    else sink.event(at, "delay", 0, "respawn delay", m.until * 1e9 - anchor);
    this.live.add(recorded);
  }

  /** Saves the flight recorder of a service (or of all). Returns the number of calls. */
  save(dir: string | undefined, reason: string): number {
    let saved = 0;
    for (const { sink } of this.liveIn(dir)) {
      if (sink.state === "running") saved += sink.saveFlight(this.options.parts.now(), reason);
    }
    return saved;
  }

  /** Handles what the tracees did. Returns whether there was anything; waits up to `maxWait` ms for it. */
  step(maxWait: number): boolean {
    const before = this.demux.events;
    const engines = this.distinct();
    for (const [i, engine] of engines.entries()) engine.step(i === engines.length - 1 ? maxWait : 0);
    const now = this.options.parts.now();
    if (now - this.ticked >= TICK) this.tick(now);
    return this.demux.events !== before;
  }

  /** Resolves when what has happened by now has been told, as long as somebody calls `step`, or after a while. */
  async caughtUp(): Promise<void> {
    const { now } = this.options.parts;
    const asked = now();
    const behind = () => this.distinct().some(({ told = asked }) => told < asked);
    while (!this.detached && behind() && now() - asked < CATCH_UP) await pause(CATCH_UP_STEP);
  }

  /** Writes everything known of a service (or of all) and resolves when it is on disk. */
  async flush(dir?: string): Promise<void> {
    await Promise.all(this.liveIn(dir).map(({ sink }) => this.writing.flush(sink)));
  }

  /** Writes all there is, for the last time: what another program reads meanwhile is tried again for so long (ms). */
  finish(patience: number): Promise<void> {
    return this.writing.finish(
      [...this.live].map(({ sink }) => sink),
      patience,
    );
  }

  /** Those of a service, or of all. */
  private liveIn(dir: string | undefined): Recorded[] {
    const wanted = dir === undefined ? undefined : identityAt(dir);
    return [...this.live].filter(({ identity }) => wanted === undefined || identity === wanted);
  }

  /** Lets go of all services. */
  detach(): void {
    const now = this.options.parts.now();
    this.detached = true;
    for (const { sink } of this.live) if (sink.state !== "dead") sink.look(now);
    for (const engine of this.distinct()) engine.detach();
  }

  private begin(
    service: string,
    path: string,
    pid: number,
    attach: (recorded: Recorded, engine: Engine, group: number) => void,
    known: Pick<Started, "started" | "supervisor"> & Partial<Started>,
    before?: Before,
  ): string | undefined {
    if (this.detached) return "the recorder is ending";
    const dir = realDir(path);
    const anchor = known.anchor ?? this.options.anchor();
    let quiet: QuietCalls | undefined;
    let home: HeldDir | undefined;
    try {
      home = new HeldDir(path);
      const settings = readSettings(home.path, (text) => this.options.warn(`${service}: ${text}`));
      const { engine, kind } = this.engine(settings.engine);
      const recordings = makeRecordingsDir(home.path);
      const name = before
        ? basename(before.path)
        : nextRecordingName(recordings, known.started + anchor, pid);
      const newest = this.newest.get(home.identity);
      const previous = newest?.hold(path) ? newest : undefined;
      if (previous) this.live.add(previous);
      const names = listRecordings(recordings).filter((n) => n < name);
      const earlier = previous ? basename(previous.sink.path) : names.at(-1);
      quiet = engine.groups && new QuietCalls(engine.groups, engine.groups.allocate());
      const sink = new RecordingSink({
        ...this.options.parts,
        path: join(recordings, name),
        settings,
        wanted: this.filter(service, settings.filter),
        before,
        underWay: engine.underWay?.bind(engine),
        quiet,
        lifetime: {
          service,
          dir,
          pid,
          anchor,
          version: this.options.version,
          engine: kind,
          previous: earlier ?? null,
          ...known,
        },
      });
      const recorded = new Recorded(sink, settings, home);
      this.engineOf.set(sink, engine);
      attach(recorded, engine, quiet?.group ?? 0);
      this.live.add(recorded);
      this.newest.set(recorded.identity, recorded);
      home = undefined;
      previous?.sink.follow(name);
      this.expire(recorded);
      // of many starts at once each takes milliseconds
      engine.hold?.();
      return undefined;
    } catch (error) {
      quiet?.close();
      this.demux.forget(pid);
      const held = home?.path ?? dir;
      const reason = (error instanceof Error ? error.message : String(error)).replaceAll(
        `${held}/`,
        `${dir}/`,
      );
      home?.close();
      // one that runs is tried again and again
      const problem = `${pid} ${reason}`;
      if (this.problems.get(dir) !== problem) this.options.warn(`${service}: not recorded: ${reason}`);
      this.problems.set(dir, problem);
      return reason;
    }
  }

  private engine(choice: EngineChoice): Chosen {
    // `auto` and the kind it stands for are one engine
    const ofKind = (kind: string) => [...this.engines.values()].find((e) => e.kind === kind);
    let chosen = this.engines.get(choice) ?? ofKind(choice);
    if (!chosen) {
      const made = this.options.engine(choice, this.demux);
      chosen = ofKind(made.kind) ?? made;
      if (chosen !== made) made.engine.detach();
      if (made.why !== undefined) this.options.warn(`using ptrace, which slows services down: ${made.why}`);
    }
    this.engines.set(choice, chosen);
    return chosen;
  }

  private distinct(): Engine[] {
    return [...new Set([...this.engines.values()].map((c) => c.engine))];
  }

  private filter(service: string, text: string): ((name: string) => boolean) | undefined {
    if (text === "") return undefined;
    try {
      return this.options.filter(text);
    } catch (error) {
      this.options.warn(`${service}: trace/filter: ${(error as Error).message}; keeping all calls`);
      return undefined;
    }
  }

  /** Until then (ns) all that had happened to a service at `now` has been told. */
  private told(sink: RecordingSink, now: number): number {
    return Math.min(now, this.engineOf.get(sink)?.told ?? now);
  }

  private tick(now: number): void {
    this.ticked = now;
    for (const [pid, until] of this.unstopped) {
      const stopped = status(pid)?.state === "T";
      if (stopped) this.options.resume(pid);
      if (stopped || now >= until) this.unstopped.delete(pid);
    }
    for (const recorded of this.live) {
      recorded.sink.tick(now, this.told(recorded.sink, now));
      if (!this.writing.settled(recorded.sink)) continue;
      this.live.delete(recorded);
      recorded.release();
    }
    this.writing.tend(
      [...this.live].map((r) => r.sink),
      now,
    );
    if (now - this.expired < EXPIRE) return;
    this.expired = now;
    for (const recorded of this.newest.values()) this.expire(recorded);
  }

  private expire({ recordings, settings }: Recorded): void {
    const inUse = [...this.live].map(({ sink }) => join(recordings, basename(sink.path)));
    expire(recordings, settings, new Set(inUse));
  }
}

/** We may hear of a child before it has stopped itself; one that has exec'd was continued without us and will not. */
function awaitStop({ pid, supervisor }: Start): void {
  for (let i = 0; i < STOP_STEPS; i++) {
    if (!/[RSD]/.test(status(pid)?.state ?? "") || !sameArguments(pid, supervisor)) return;
    sleepSync(1);
  }
}
