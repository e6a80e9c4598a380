/** Durations on command lines: `500us`, `1ms`, `2s`, `1.5m`. */
import { UsageError } from "../base/errors.ts";

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** ns: 146 years. The kernel's 64 bits would take twice as much for next to nothing. */
const LONGEST = 2 ** 62;

/** ns, no more than LONGEST; a number without a unit is seconds. Throws UsageError naming `option`. */
export function parseDuration(text: string, option: string, exitCode = 2): number {
  const m = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)?$/.exec(text);
  if (!m) throw new UsageError(`${option}: '${text}' is no duration (500us, 1ms, 2s)`, exitCode);
  return Math.min(Math.round(Number(m[1]) * units[m[2] ?? "s"]), LONGEST);
}

/** `870ns`, `1.25ms`, `3.2s`, `2m05s`: three digits that count. */
export function durationWords(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)}ns`;
  for (const [unit, size] of [
    ["us", 1e3],
    ["ms", 1e6],
    ["s", 1e9],
  ] as const) {
    const n = ns / size;
    if (n < 999.5 && !(unit === "s" && n >= 60))
      return `${n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0)}${unit}`;
  }
  const s = Math.floor(ns / 1e9);
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, "0")}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, "0")}m`;
  return `${Math.floor(s / 86400)}d${String(Math.floor((s % 86400) / 3600)).padStart(2, "0")}h`;
}
