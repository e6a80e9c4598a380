/** One process tree recorded into one file, from when tracing begins until it is over or let go. */
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { tell } from "../base/stderr.ts";
import { createEngine, type EngineKind } from "../capture/choose.ts";
import type { Engine } from "../capture/engine.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { lockHolder } from "../record/lock.ts";
import type { Lifetime } from "../record/model.ts";
import { keepPrivate } from "../record/names.ts";
import { clockAnchor, sinkParts } from "../record/parts.ts";
import { WriteFailure, WriteQueue } from "../record/queue.ts";
import { defaultSettings, type Settings } from "../record/settings.ts";
import { RecordingSink } from "../record/sink.ts";
import { STRING_LIMIT } from "../record/strace-text.ts";
import { nextWrite } from "../record/writing.ts";
import { backlogPlace } from "./backlog.ts";
import { catchUp } from "./catch-up.ts";
import { keepUp } from "./keep-up.ts";
import { version } from "./version.ts";

/** Looks a second at what computes: odd, so as not to keep time with anything. */
const SAMPLE_FREQUENCY = 99;
/** Longest wait in the kernel (ms). */
const WAIT = 20;
/**
 * A flush is due after this long (ns), and with this many calls when a burst is over, or in it with so many: large ones cost
 * less a call. While events wait to become calls, as the traced need the CPU, it is later, as a flush takes some 0.3 s of a CPU
 * for whatever few calls: what a crash would lose is mostly those events then.
 */
const FLUSH_INTERVAL = 2e9;
const FIRST_LATE_FLUSH = 10e9;
const LATE_FLUSH_INTERVAL = 30e9;
/** Where nothing happened since: what is under way has only become longer. */
const IDLE_FLUSH_INTERVAL = 10e9;
const FLUSH_CALLS = 100_000;
const BURST_CALLS = 300_000;
/** Calls that wait to be written, at most. */
const MAX_CALLS = 800_000;
/** The traced go before the thread that writes: beside one of them it has a tenth of the CPU. It stays so to the end. */
const WRITER_NICE = 10;
/** With so many of them, the writer is waited for, in steps of `HOLD` ms, and events wait before they are calls. */
const FULL_CALLS = 500_000;
const HOLD = 5;
const NOT_WRITTEN = "calls that could not be written";

export interface SessionOptions {
  readonly file: string;
  readonly engine: "auto" | EngineKind;
  readonly service: string;
  readonly lifetime?: Partial<Lifetime>;
  /** What is kept; without it every call. */
  readonly settings?: Settings;
}

export class RecordSession {
  readonly engine: Engine;
  readonly sink: RecordingSink;
  private readonly queue = new WriteQueue(WRITER_NICE);
  private readonly file: string;
  /** What came of the last writing. */
  private failure: WriteFailure | undefined;
  private letGo = false;
  private recorded = false;
  private givenUp = false;

  /** Throws what the choice of an engine throws. */
  constructor(options: SessionOptions) {
    this.file = options.file;
    this.queue.warm();
    const everything: Settings = {
      ...defaultSettings(),
      policy: "everything",
      threshold: 0,
      flight: 0,
      file: Infinity,
    };
    const started = monotonicNow();
    const lifetime = { pid: 0, service: options.service, started, anchor: clockAnchor(), version };
    let engine: Engine | undefined;
    this.sink = new RecordingSink({
      ...sinkParts(),
      path: options.file,
      maxCalls: MAX_CALLS,
      settings: options.settings ?? everything,
      lifetime: { ...lifetime, ...options.lifetime },
      underWay: (each, tids) => engine?.underWay?.(each, tids),
    });
    const chosen = createEngine(options.engine, this.sink, {
      followForks: true,
      scheduling: true,
      sampleFrequency: SAMPLE_FREQUENCY,
      stringLimit: STRING_LIMIT,
      backlog: backlogPlace(),
    });
    engine = chosen.engine;
    this.engine = engine;
    this.sink.lifetime.engine = chosen.kind;
    if (chosen.kind === "ptrace") keepUp();
    // getting the engine ready is no part of it, unless the process runs and waits for us meanwhile
    if (options.lifetime?.started === undefined) this.sink.startsAt(monotonicNow());
  }

  /** Nothing more happens that is recorded; what remains is writing it. */
  get isOver(): boolean {
    return this.recorded;
  }

  /**
   * Ends the recording soon; what is traced goes on without us. When it is over, gives up what cannot be written because
   * another process reads the file.
   */
  release(): void {
    if (this.recorded) this.givenUp = true;
    else this.letGo = true;
  }

  /** Records until nothing is left to trace, or `release`, or `over`. Returns why not all of it is in the file. */
  async run(over: () => boolean = () => false): Promise<string | undefined> {
    // the command, if it is one, has been started
    keepPrivate();
    let flushed = monotonicNow();
    let took = 0;
    let begun = false;
    let writing: Promise<void> | undefined;
    let worked = true;
    const once = async (): Promise<number> => {
      const before = this.sink.waiting;
      const tasks = this.engine.step(worked ? 0 : WAIT);
      worked = this.sink.waiting !== before;
      const now = monotonicNow();
      this.sink.tick(now, this.engine.told);
      const { waiting } = this.sink;
      const late = begun ? LATE_FLUSH_INTERVAL : FIRST_LATE_FLUSH;
      const idle = this.sink.changed ? FLUSH_INTERVAL : IDLE_FLUSH_INTERVAL;
      const usual = this.engine.late ? late : idle;
      const due = now - flushed > nextWrite(took, usual);
      if (!writing && (due || waiting > (worked ? BURST_CALLS : FLUSH_CALLS))) {
        flushed = now;
        begun = true;
        writing = this.flush(this.told).finally(() => {
          took = monotonicNow() - flushed;
          writing = undefined;
        });
      }
      await turn();
      while (writing && this.engine.hold && this.sink.waiting > FULL_CALLS) {
        this.engine.hold();
        await pause(HOLD);
      }
      return tasks;
    };
    let tasks = 1;
    while (tasks > 0 && !this.letGo && !over()) tasks = await once();
    if (tasks > 0) {
      await catchUp(this.engine, once, undefined, () => this.sink.freeze(monotonicNow()));
      this.sink.look(monotonicNow());
      this.engine.detach();
    }
    this.recorded = true;
    await writing;
    await this.writeRest();
    await this.queue.close();
    return this.failure?.message;
  }

  /** A reader (`svtrace export | less`) may have the file for any time: there is no later flush to leave the rest to. */
  private async writeRest(): Promise<void> {
    const now = this.told;
    await this.flush(now);
    if (this.failure?.isLocked && !this.givenUp) {
      const holder = lockHolder(this.failure.message);
      tell(
        `svtrace: ${this.file}: being read by ${holder}: to write the rest, we wait; an interrupt ends that\n`,
      );
    }
    while (this.failure?.isLocked && !this.givenUp) await this.flush(now);
    if (this.failure) this.sink.dropped(this.sink.waiting, NOT_WRITTEN);
  }

  /** Until then (ns) all that had happened has been told. */
  private get told(): number {
    return this.engine.told ?? monotonicNow();
  }

  /** What cannot be written is handed over again with the next batch. */
  private async flush(now: number): Promise<void> {
    const batch = this.sink.take(now);
    if (!batch) return;
    try {
      const { removed } = await this.queue.write(batch);
      this.failure = undefined;
      this.sink.samples.settled(batch.samples);
      if (!removed) return;
      this.sink.restart(batch);
      if (this.sink.state === "dead") this.failure = new WriteFailure("it was removed before its end", 0);
      else await this.flush(now);
    } catch (error) {
      this.failure = error as WriteFailure;
      this.sink.giveBack(batch);
      this.sink.dropped(this.failure.lost, NOT_WRITTEN);
    }
  }
}
