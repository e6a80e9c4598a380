/** What sinks need from the rest of the program, put together once. */
import { errnoName } from "../abi/errno.ts";
import { signalName } from "../abi/signals.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import type { SinkOptions } from "./sink-options.ts";
import { StraceText } from "./strace-text.ts";

export function sinkParts(): Pick<SinkOptions, "text" | "signalName" | "errnoName" | "now"> {
  return {
    text: new StraceText(),
    signalName,
    errnoName: (n) => errnoName(n) ?? `E${n}`,
    now: monotonicNow,
  };
}

/** Nanoseconds since 1970 minus CLOCK_MONOTONIC nanoseconds (to 256 ns, the precision of a double). */
export function clockAnchor(): number {
  const now = monotonicNow();
  const { seconds, nanoseconds } = wallClock(now);
  return seconds * 1e9 + nanoseconds - now;
}
