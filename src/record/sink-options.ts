/** What a recording's sink is made of, and the states it goes through. */
import type { Before } from "./before.ts";
import type { CallLogOptions } from "./call-log.ts";
import type { Started } from "./lifetime.ts";
import type { UnderWay } from "./open-calls.ts";
import type { QuietCalls } from "./quiet-calls.ts";
import type { Settings } from "./settings.ts";
import type { CallText } from "./text.ts";

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
  /** For engines that tell of calls when they return: those under way. */
  underWay?: UnderWay;
  /** For engines that can keep quiet; the sink has it to itself, and closes it. */
  quiet?: QuietCalls;
}
