/**
 * What was not kept when it happened and matters after all: calls that the flight recorder holds, or that the engine noted of a
 * quiet service. They are kept in numbers, as far as the memory their arguments pointed to is gone.
 */

import { infoOf } from "./call-info.ts";
import type { CallLog } from "./call-log.ts";
import { type Flight, GoneMemory } from "./flight.ts";
import type { ProcessRows } from "./process-rows.ts";
import { NOTED_ARGS, taskOf } from "./quiet-calls.ts";
import type { SinkOptions } from "./sink-options.ts";
import type { Targets } from "./targets.ts";

const gone = new GoneMemory();

export class Past {
  constructor(
    private readonly options: SinkOptions,
    private readonly flight: Flight,
    private readonly log: CallLog,
    private readonly processes: ProcessRows,
    private readonly targets: Targets,
  ) {}

  /** Keeps calls that the engine noted: those that ended at `since` (ns) or later, the newest `limit`. Returns how many. */
  keepNoted(since: number, limit = Number.POSITIVE_INFINITY): number {
    const { settings, wanted, text, quiet } = this.options;
    const ours = (tid: number) => this.processes.pidOf(tid) !== undefined;
    const noted = quiet?.recent(since, limit, settings.threshold, ours) ?? [];
    for (const one of noted) {
      if (wanted && !wanted(one.name)) continue;
      const task = taskOf(one, this.processes.pidOf(one.tid) ?? one.tid);
      const info = infoOf(task.call);
      this.log.store(task, info, text.numbers(task, NOTED_ARGS), "", this.targets.fdOf(task, info));
    }
    return noted.length;
  }

  /** Keeps what the flight recorder holds. Returns how many calls. */
  keepFlight(now: number): number {
    const { text } = this.options;
    const { flight, flightCalls } = this.options.settings;
    let kept = flight > 0 ? this.keepNoted(now - flight, flightCalls) : 0;
    for (const { task, info, text: words } of this.flight.take(now)) {
      const result = words ?? text.exit(task, gone, text.enter(task, gone));
      this.log.store(task, info, result, "", this.targets.fdOf(task, info));
      kept++;
    }
    return kept;
  }
}
