/** The recorder of a host: one engine for all services, one recording for each lifetime. */
import { basename, join } from "node:path";
import type { Engine } from "../capture/engine.ts";
import { Demux } from "./demux.ts";
import type { Message, Start } from "./messages.ts";
import type { Batch } from "./model.ts";
import { expire, listRecordings, makeRecordingsDir, readSettings, realDir, recordingName } from "./names.ts";
import { RecordingSink, type SinkOptions } from "./sink.ts";

export interface RecorderOptions {
  engine: (sink: Demux) => Engine;
  write: (batch: Batch) => Promise<void>;
  /** Text, names and clock for the sinks. */
  parts: Pick<SinkOptions, "text" | "signalName" | "errnoName" | "now">;
  /** Nanoseconds since 1970 minus monotonic nanoseconds. */
  anchor: () => number;
  version: string;
  /** Sends SIGCONT to a process that could not be attached to. */
  resume: (pid: number) => void;
  /** One line for the operator. */
  warn: (text: string) => void;
}

/** Flush intervals (ns): while something interesting goes on, and while the service just runs. */
const OFTEN = 2e9;
const SELDOM = 10e9;
/** Calls that wait before a flush is due at once. */
const MANY = 20_000;
const TICK = 50e6;
const STOPS = /[dtkixq]/;

interface Lifetime {
  sink: RecordingSink;
  dir: string;
  flushed: number;
  flushing: Promise<void> | undefined;
  /** A write failed: say it once. */
  failed: boolean;
}

export class Recorder {
  readonly demux = new Demux();
  readonly engine: Engine;
  private readonly live = new Set<Lifetime>();
  /** Newest lifetime of each service. */
  private readonly newest = new Map<string, Lifetime>();
  private ticked = 0;

  constructor(private readonly options: RecorderOptions) {
    this.engine = options.engine(this.demux);
  }

  /** Lifetimes not over or not written yet. */
  get busy(): number {
    return this.live.size;
  }

  /** Attaches to a service that stopped itself before its exec. Returns why it could not, or undefined. */
  start(m: Start): string | undefined {
    const dir = realDir(m.dir);
    const { parts, version } = this.options;
    const anchor = this.options.anchor();
    const started = m.time * 1e9 - anchor;
    try {
      const settings = readSettings(dir);
      const recordings = makeRecordingsDir(dir);
      const name = recordingName(m.time * 1e9, m.pid);
      const previous = this.newest.get(dir);
      const sink = new RecordingSink({
        ...parts,
        path: join(recordings, name),
        everything: false,
        threshold: settings.threshold,
        lifetime: {
          service: m.service,
          dir,
          pid: m.pid,
          started,
          anchor,
          supervisor: m.supervisor,
          version,
          previous: previous ? basename(previous.sink.path) : (listRecordings(recordings).at(-1) ?? null),
        },
      });
      this.demux.expect(m.pid, sink);
      this.engine.adopt(m.pid);
      const lifetime: Lifetime = { sink, dir, flushed: parts.now(), flushing: undefined, failed: false };
      this.live.add(lifetime);
      this.newest.set(dir, lifetime);
      if (previous) {
        previous.sink.follow(name);
        this.live.add(previous);
      }
      expire(recordings, settings, new Set([...this.live].map((l) => l.sink.path)));
      return undefined;
    } catch (error) {
      this.demux.forget(m.pid);
      const reason = error instanceof Error ? error.message : String(error);
      this.options.resume(m.pid);
      this.options.warn(`${m.service}: not recorded: ${reason}`);
      return reason;
    }
  }

  /** Notes what the supervisor tells about a service. */
  tell(m: Exclude<Message, Start | { op: "flush" }>): void {
    const lifetime = this.newest.get(realDir(m.dir));
    if (!lifetime) return;
    const { sink } = lifetime;
    const at = m.time * 1e9 - sink.lifetime.anchor;
    if (m.event === "control") {
      sink.event(at, "control", sink.lifetime.pid, `svc -${m.command}`);
      if (STOPS.test(m.command) && sink.state !== "dead") sink.askedToStop(at, `svc -${m.command}`);
    } else if (m.event === "death") sink.event(at, "death", m.pid, String(m.status ?? ""));
    else sink.event(at, "delay", 0, "respawn delay", m.until * 1e9 - sink.lifetime.anchor);
    this.live.add(lifetime);
  }

  /** Handles what the tracees did. Returns whether there was anything; waits up to `maxWait` ms for it. */
  step(maxWait: number): boolean {
    const before = this.demux.events;
    this.engine.step(maxWait);
    const now = this.options.parts.now();
    if (now - this.ticked >= TICK) {
      this.ticked = now;
      for (const lifetime of this.live) this.care(lifetime, now);
    }
    return this.demux.events !== before;
  }

  /** Writes everything known of a service (or of all) and resolves when it is on disk. */
  async flush(dir?: string): Promise<void> {
    const wanted = dir === undefined ? undefined : realDir(dir);
    const all = new Set([...this.live, ...this.newest.values()]);
    await Promise.all([...all].filter((l) => !wanted || l.dir === wanted).map((l) => this.flushOne(l)));
  }

  private care(lifetime: Lifetime, now: number): void {
    const { sink } = lifetime;
    sink.tick(now);
    const over = sink.state === "dead";
    const interval = sink.state === "running" ? SELDOM : OFTEN;
    const due = over || sink.waiting > MANY || now - lifetime.flushed > interval;
    if (due && !lifetime.flushing) void this.flushOne(lifetime);
    if (over && !lifetime.flushing && !sink.changed) this.live.delete(lifetime);
  }

  private async flushOne(lifetime: Lifetime): Promise<void> {
    while (lifetime.flushing) await lifetime.flushing;
    const { sink } = lifetime;
    const now = this.options.parts.now();
    lifetime.flushed = now;
    const batch = sink.take(now);
    if (!batch) return;
    lifetime.flushing = this.options.write(batch).catch((error: unknown) => {
      sink.lost(batch.calls.count, "calls that could not be written");
      if (lifetime.failed) return;
      lifetime.failed = true;
      this.options.warn(
        `${basename(lifetime.dir)}: recording: ${error instanceof Error ? error.message : error}`,
      );
    });
    await lifetime.flushing;
    lifetime.flushing = undefined;
  }
}
