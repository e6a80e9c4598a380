/**
 * When which lifetime is written. One batch is under way at a time: what waits longest for the disk must not also wait
 * in memory twice. Memory for what waits is bounded over all lifetimes.
 */
import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { oneLine } from "../base/errors.ts";
import { isLocked } from "./lock.ts";
import type { Batch } from "./model.ts";
import type { RecordingSink } from "./sink.ts";
import type { Written } from "./writer.ts";

/** Writing is due after this long (ns): while something interesting goes on, and while the service just runs. */
const OFTEN = 2e9;
const SELDOM = 30e9;
/** The share of the time that goes into writing: on a busy machine it takes long, and is in the way. */
const SHARE = 1 / 20;
/** But what a crash may lose is not made longer than this for it (ns). */
const MAX_PAUSE = 10e9;
/** From the beginning of a write that took `took` to that of the next, where `usual` is enough time for short ones (ns). */
export const nextWrite = (took: number, usual: number): number =>
  Math.max(usual, Math.min(took / SHARE, MAX_PAUSE));

/** A lifetime that is over is not written before this time (ns) has passed. */
const REST = 1e8;
/** Calls that wait before writing is due at once. */
const MANY = 20_000;
/** After a failure it is tried again after this long (ns). */
const RETRY = 10e9;
/** Bytes that may wait over all lifetimes, and how many that are over may: a service may die again and again on a full disk. */
const MEMORY = 256e6;
const MOST_ENDED = 300;

interface Turn {
  last: number;
  /** How long the last write took (ns). */
  took: number;
  /** Callers of flush. */
  readonly waiters: (() => void)[];
  /** Why the last write failed. */
  failure: string | undefined;
  givenUp: boolean;
  busy: boolean;
  /** Something is on disk. */
  begun: boolean;
}

export class Writing {
  private readonly turns = new WeakMap<RecordingSink, Turn>();
  private readonly asked = new Set<RecordingSink>();
  private busy = false;
  /** Those whose writing failed last, and on which device. */
  private readonly failing = new Map<Turn, number>();

  constructor(
    private readonly write: (batch: Batch) => Promise<Written>,
    private readonly now: () => number,
    /** Until then (ns) all that had happened at `now` has been told. */
    private readonly told: (sink: RecordingSink, now: number) => number,
    private readonly warn: (text: string) => void,
  ) {}

  /** Starts the most urgent writing, if any is due. Called now and then. */
  tend(sinks: readonly RecordingSink[], now: number): void {
    this.bound(sinks);
    if (this.busy) return;
    let urgent: RecordingSink | undefined;
    let most = 0;
    for (const sink of sinks) {
      const u = this.urgency(sink, now);
      if (u > most) {
        most = u;
        urgent = sink;
      }
    }
    if (urgent) void this.run(urgent);
  }

  /** Writes all that is known of a lifetime; resolves when it is on disk, or could not be written. */
  flush(sink: RecordingSink): Promise<void> {
    return new Promise((resolve) => {
      this.turn(sink).waiters.push(resolve);
      this.asked.add(sink);
      if (!this.busy) void this.run(sink);
    });
  }

  /** It is over, and nothing is left to write (or nothing will be). */
  settled(sink: RecordingSink): boolean {
    const turn = this.turn(sink);
    if (sink.state !== "dead" || turn.busy || turn.waiters.length > 0) return false;
    if (sink.changed && !turn.givenUp) return false;
    this.failsNoMore(turn);
    return true;
  }

  private giveUp(sink: RecordingSink, turn: Turn, why: string): void {
    if (turn.givenUp) return;
    turn.givenUp = true;
    this.warn(`${nameOf(sink)}: ${LOST}: ${why}`);
    const left = sink.take(this.now());
    if (left) sink.samples.settled(left.samples);
  }

  /** Writes all there is before the end; what another program reads is tried again for so long (ms). Says what is lost. */
  async finish(sinks: readonly RecordingSink[], patience: number): Promise<void> {
    const until = Date.now() + patience;
    let left = sinks;
    do {
      await Promise.all(left.map((sink) => this.flush(sink)));
      left = left.filter((sink) => sink.changed && this.turn(sink).failure !== undefined);
    } while (left.some((sink) => isLocked(this.turn(sink).failure ?? "")) && Date.now() < until);
    for (const sink of left) this.warn(`${nameOf(sink)}: ${LOST}: ${this.turn(sink).failure}`);
  }

  private urgency(sink: RecordingSink, now: number): number {
    const turn = this.turn(sink);
    const waited = now - turn.last;
    if (turn.failure !== undefined) return waited > RETRY ? waited : 0;
    if (sink.state === "dead") {
      const { died, ended } = sink.lifetime;
      // the next one is about to start
      const rests = now - Math.max(died ?? 0, ended ?? 0) < REST;
      return sink.changed && !rests ? 1e15 + waited : 0;
    }
    if (sink.waiting > MANY) return 1e12 + waited;
    const usual = sink.state === "running" && turn.begun ? SELDOM : OFTEN;
    return waited > nextWrite(turn.took, usual) ? waited : 0;
  }

  private async run(sink: RecordingSink): Promise<void> {
    this.busy = true;
    this.asked.delete(sink);
    const turn = this.turn(sink);
    turn.last = this.now();
    turn.busy = true;
    const waiters = turn.waiters.splice(0);
    const batch = turn.givenUp ? undefined : sink.take(this.told(sink, turn.last), waiters.length > 0);
    if (batch) {
      await this.attempt(sink, turn, batch);
      turn.took = this.now() - turn.last;
    }
    turn.busy = false;
    this.busy = false;
    for (const done of waiters) done();
    const next = this.asked.values().next().value;
    if (next && !this.busy) void this.run(next);
  }

  private async attempt(sink: RecordingSink, turn: Turn, batch: Batch): Promise<void> {
    try {
      const { trimmed, problem, removed } = await this.write(batch);
      const over = removed && !sink.restart(batch);
      sink.samples.settled(batch.samples);
      if (over) this.giveUp(sink, turn, "it was removed");
      if (trimmed > 0) sink.samples.forgetIds();
      sink.dropped(
        trimmed,
        "calls, samples and events removed: the recording had reached its size (trace/file)",
      );
      if (problem === undefined) this.succeeded(sink, turn);
      else this.failed(sink, turn, problem);
    } catch (error) {
      sink.giveBack(batch);
      sink.dropped((error as { lost?: number }).lost ?? 0, "calls that could not be written");
      // where it is reached through a descriptor, that says nothing to anybody
      this.failed(sink, turn, oneLine(error).replaceAll(`${dirname(sink.path)}/`, ""));
    }
  }

  private succeeded(sink: RecordingSink, turn: Turn): void {
    turn.failure = undefined;
    turn.begun = true;
    if (this.failsNoMore(turn)) this.warn(`${serviceOf(sink)}: recording again`);
  }

  private failsOn(device: number): boolean {
    return [...this.failing.values()].includes(device);
  }

  /** Whether it was the last one on its device that failed. */
  private failsNoMore(turn: Turn): boolean {
    const device = this.failing.get(turn);
    this.failing.delete(turn);
    return device !== undefined && !this.failsOn(device);
  }

  /** One warning for a disk, not one for each service and lifetime. */
  private failed(sink: RecordingSink, turn: Turn, reason: string): void {
    turn.failure = reason;
    const device = deviceOf(sink);
    if (device === NOWHERE && sink.state === "dead") {
      this.giveUp(sink, turn, reason);
      return;
    }
    if (this.failing.has(turn)) return;
    const known = this.failsOn(device);
    this.failing.set(turn, device);
    if (known) return;
    this.warn(
      `${serviceOf(sink)}: unable to write the recording, trying again every ${RETRY / 1e9} s: ${reason}`,
    );
  }

  private bound(sinks: readonly RecordingSink[]): void {
    const failed = (sink: RecordingSink) => this.turn(sink).failure;
    const ended = sinks.filter((sink) => sink.state === "dead" && failed(sink) !== undefined);
    for (const sink of ended.slice(0, -MOST_ENDED)) this.giveUp(sink, this.turn(sink), failed(sink)!);
    let total = 0;
    for (const sink of sinks) total += sink.bytes;
    if (total <= MEMORY) return;
    const largest = [...sinks].sort((a, b) => b.bytes - a.bytes);
    for (const sink of largest) {
      if (total <= MEMORY) return;
      const before = sink.bytes;
      sink.shed("calls not kept: too much to write for all services together");
      total -= before - sink.bytes;
    }
  }

  private turn(sink: RecordingSink): Turn {
    let turn = this.turns.get(sink);
    if (!turn) {
      turn = {
        last: this.now(),
        took: 0,
        waiters: [],
        failure: undefined,
        givenUp: false,
        busy: false,
        begun: false,
      };
      this.turns.set(sink, turn);
    }
    return turn;
  }
}

const LOST = "the end of this recording is lost";

const serviceOf = ({ lifetime }: RecordingSink): string => lifetime.service;

const nameOf = (sink: RecordingSink): string => `${serviceOf(sink)}: ${basename(sink.path)}`;

const NOWHERE = -1;

const deviceOf = (sink: RecordingSink): number =>
  statSync(dirname(sink.path), { throwIfNoEntry: false })?.dev ?? NOWHERE;
