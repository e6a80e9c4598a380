/** The answer in one or two sentences. */
import type { Cause, Report } from "./types.ts";
import { duration } from "./words.ts";

/** A restart shorter than this (s) is fine whatever it spent its time on. */
const FAST = 1;
/** Waits shorter than this (s) are not worth a word. */
const NOTEWORTHY = 0.25;

const nouns: Record<Report["kind"], string> = {
  restart: "restart",
  start: "start",
  stop: "stop",
  run: "run",
};

export function verdict(report: Omit<Report, "verdict">): string {
  const noun = nouns[report.kind];
  const took = duration(report.total * 1e9);
  const slow = report.causes.filter((c) => c.seconds >= NOTEWORTHY && c.share >= 0.03);
  if (slow.length === 0) {
    return report.total < FAST
      ? `Nothing was slow: the ${noun} took ${took}.`
      : `The ${noun} took ${took}; no single cause stands out.`;
  }
  const top = slow.slice(0, 3);
  const rest = slow.length > 3 ? `, and ${slow.length - 3} smaller cause${slow.length > 4 ? "s" : ""}` : "";
  const cpu = sum(report.causes.filter((c) => c.category === "cpu"));
  const computing = cpu > report.total / 2 ? " Most of it was computing, not waiting." : "";
  return `The ${noun} took ${took}: ${top.map(phrase).join("; ")}${rest}.${computing}`;
}

/** What a running service waited for, in one or two sentences. */
export function runningVerdict(report: Omit<Report, "verdict">): string {
  const span = duration(report.total * 1e9);
  const slow = report.causes.filter((c) => c.share >= 0.05 && c.seconds >= 0.01 * report.total);
  if (slow.length === 0)
    return `Within ${span} nothing was waited for that stands out: the service was idle.`;
  const top = slow.slice(0, 3).map((c) => `${c.text} (${c.comm}[${c.pid}])`);
  const idle = duration((report.idle ?? 0) * 1e9);
  return `Within ${span}: ${top.join("; ")}. Idle for ${idle}, all threads together.`;
}

function phrase(cause: Cause): string {
  const who = cause.comm ? ` (${cause.comm}[${cause.pid}], ${cause.phase})` : ` (${cause.phase})`;
  return `${cause.text}${who}`;
}

const sum = (causes: readonly Cause[]): number => causes.reduce((s, c) => s + c.seconds, 0);
