/**
 * What was not kept when it happened and matters after all: calls that the flight recorder holds, or that the engine noted of a
 * quiet service. They are kept in numbers, as far as the memory their arguments pointed to is gone.
 */

import type { FlightCall } from "../capture/engine.ts";
import { infoOf } from "./call-info.ts";
import type { CallLog } from "./call-log.ts";
import { type Flight, GoneMemory } from "./flight.ts";
import type { ProcessRows } from "./process-rows.ts";
import { NOTED_ARGS, taskOf } from "./quiet-calls.ts";
import type { SinkOptions } from "./sink-options.ts";
import type { Targets } from "./targets.ts";

/** Slow calls save the flight recorder this often at most (ns). */
const FLIGHT_PAUSE = 10e9;
const nothing = (): FlightCall[] => [];
const gone = new GoneMemory();

export class Past {
  /** What was noted and is to be kept. */
  private owed: (() => FlightCall[])[] = [];
  /** When (ns) the flight recorder was kept last, with all that had been noted. */
  private kept = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: SinkOptions,
    private readonly flight: Flight,
    private readonly log: CallLog,
    private readonly processes: ProcessRows,
    private readonly targets: Targets,
  ) {}

  /** Calls that the engine noted and that ended at `since` (ns) or later are to be kept: a service that stops does not wait for it. */
  owe(since: number): void {
    this.owed.push(this.noted(since));
  }

  /** Keeps what is owed. */
  settle(): void {
    const { owed } = this;
    this.owed = [];
    for (const calls of owed) this.keep(calls());
  }

  private noted(since: number, limit = Number.POSITIVE_INFINITY): () => FlightCall[] {
    const { settings, quiet } = this.options;
    return quiet?.recent(since, limit, settings.threshold) ?? nothing;
  }

  private keep(calls: readonly FlightCall[]): void {
    const { wanted, text } = this.options;
    for (const one of calls) {
      if (wanted && !wanted(one.name)) continue;
      const task = taskOf(one, this.processes.pidOf(one.tid) ?? one.tid);
      const info = infoOf(task.call);
      this.log.store(task, info, text.numbers(task, NOTED_ARGS), "", this.targets.fdOf(task, info));
    }
  }

  /** There is a flight recorder, and a slow call is reason enough to keep what it holds. */
  mayKeepFlight(now: number): boolean {
    return this.flight.on && now - this.kept >= FLIGHT_PAUSE;
  }

  /** Keeps what the flight recorder holds. Returns how many calls. */
  keepFlight(now: number): number {
    const { text } = this.options;
    const { flight, flightCalls } = this.options.settings;
    // what is noted reaches beyond `now`, which is when the call ended that is told of
    const seen = Math.max(now, this.options.now());
    const noted = flight > 0 ? this.noted(Math.max(now - flight, this.kept), flightCalls)() : [];
    this.kept = seen;
    this.keep(noted);
    let kept = noted.length;
    for (const { task, info, text: words } of this.flight.take(now)) {
      const result = words ?? text.exit(task, gone, text.enter(task, gone));
      this.log.store(task, info, result, "", this.targets.fdOf(task, info));
      kept++;
    }
    return kept;
  }
}
