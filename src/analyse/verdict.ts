/** The answer in one or two sentences. */
import { hint } from "./hints.ts";
import { safe } from "./lines.ts";
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

/** The causes worth a word. */
const noteworthy = (report: Told): Cause[] =>
  report.total < FAST ? [] : report.causes.filter((c) => c.seconds >= NOTEWORTHY && c.share >= 0.03);

type Told = Omit<Report, "verdict" | "hint">;

/** The answer in words, and what to look at next. */
export function conclude(report: Told): Pick<Report, "verdict" | "hint"> {
  const noun = nouns[report.kind];
  const took = duration(report.total * 1e9);
  const slow = noteworthy(report);
  if (slow.length === 0) {
    const fast = report.total < FAST;
    const verdict = fast
      ? `Nothing was slow: the ${noun} took ${took}.`
      : `Nothing unusual: the ${noun} took ${took}; no single cause stands out.`;
    return { verdict, hint: "" };
  }
  const rest = slow.length > 3 ? ` And ${slow.length - 3} smaller cause${slow.length > 4 ? "s" : ""}.` : "";
  const cpu = report.causes.reduce((sum, c) => sum + (c.category === "cpu" ? c.seconds : 0), 0);
  const computing = cpu > report.total / 2 ? " Most of it was computing, not waiting." : "";
  const told = slow.slice(0, 3).map((c) => `${capital(phrase(c))}.`);
  return { verdict: `The ${noun} took ${took}. ${told.join(" ")}${rest}${computing}`, hint: hint(slow[0]) };
}

/** What a running service waited for. */
export function concludeRunning(report: Told): Pick<Report, "verdict" | "hint"> {
  const span = duration(report.total * 1e9);
  const slow = report.causes.filter((c) => c.share >= 0.05 && c.seconds >= 0.01 * report.total);
  if (slow.length === 0)
    return {
      verdict: `Nothing was slow: within ${span} the service was idle nearly all the time.`,
      hint: "",
    };
  const top = slow.slice(0, 3).map((c) => `${capital(`${c.text} (${who(c)})`)}.`);
  return { verdict: `Within ${span}: ${top.join(" ")}`, hint: hint(slow[0]) };
}

const who = (cause: Cause): string => `${safe(cause.comm)}[${cause.pid}]`;

function phrase(cause: Cause): string {
  return cause.comm ? `${cause.phase}: ${cause.text} (${who(cause)})` : `${cause.phase}: ${cause.text}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
