/** Time stamps in front of lines and durations behind them. */
import { localTime } from "../kernel/localtime.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import type { TextSettings, TimeUnit } from "./settings.ts";

const digits = (n: number, width: number): string => String(n).padStart(width, "0");

function fraction(nanoseconds: number, precision: TextSettings["precision"]): string {
  return precision === 0 ? "" : `.${digits(Math.floor(nanoseconds / 10 ** (9 - precision)), precision)}`;
}

let clockSecond = -1;
let clockText = "";

/** Local time of day of a second since 1970, `12:34:56`, cached: asking the C library is slow. */
export function timeOfDay(seconds: number): string {
  if (seconds !== clockSecond) {
    clockSecond = seconds;
    clockText = localTime(seconds)?.clock ?? "";
  }
  return clockText;
}

/** `12:34:56.789012 ` of a CLOCK_MONOTONIC instant, by the settings. */
export function stamp(s: TextSettings, monotonic: number): string {
  const { seconds, nanoseconds } = wallClock(monotonic);
  const whole = s.timestamp === "unix" ? String(seconds) : timeOfDay(seconds);
  return `${whole}${fraction(nanoseconds, s.precision)} `;
}

/** `     0.000123 `: time since the previous line; in parentheses behind an absolute time. */
export function relativeStamp(s: TextSettings, elapsed: number): string {
  const total = Math.max(0, Math.round(elapsed));
  const seconds = Math.floor(total / 1e9);
  const text = String(seconds).padStart(6) + fraction(total - seconds * 1e9, s.relativePrecision);
  return s.timestamp === "none" ? `${text} ` : `(+${text}) `;
}

const places: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 };

/** ` <0.000012>`. */
export function durationText(ns: number, unit: TimeUnit): string {
  const total = Math.max(0, Math.round(ns));
  const seconds = Math.floor(total / 1e9);
  const p = places[unit];
  if (p === 0) return ` <${seconds}>`;
  return ` <${seconds}.${digits(Math.floor((total - seconds * 1e9) / 10 ** (9 - p)), p)}>`;
}
