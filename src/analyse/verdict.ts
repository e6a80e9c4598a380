/** The answer in one or two sentences. */
import { printable } from "../base/printable.ts";
import { deathHint, hint } from "./hints.ts";
import type { Cause, Death, Report } from "./types.ts";
import { duration } from "./words.ts";

/** A restart shorter than this (s) is fine whatever it spent its time on, unless it is much slower than usual. */
const FAST = 1;
/**
 * Much slower: this many times the usual length, longer by more than services differ by chance (s; many look twice a
 * second whether they are to stop), and longer than any of the earlier ones by this factor.
 */
const TIMES = 2;
const CHANCE = 0.5;
const RECORD = 1.25;
/** Waits shorter than this (s) are not worth a word. */
const NOTEWORTHY = 0.25;

const nouns: Record<Report["kind"], string> = {
  restart: "restart",
  start: "start",
  stop: "stop",
  run: "run",
};

/** A running service that is busy for less than this share of the time has nothing to do. */
const IDLE = 0.1;
/** Worth a word where everything is asked for. */
const ANYTHING = 0.001;

/** What an answer is measured by. */
export interface Scale {
  /** How long earlier restarts took: the median in seconds; undefined when there are none. */
  readonly usual?: number;
  /** The longest of them. */
  readonly longest?: number;
  /** Causes are named however short the restart was. */
  readonly all?: boolean;
}

/** A short restart is not slow, unless it is much slower than usual. */
export function isFast(total: number, { usual, longest = 0 }: Scale): boolean {
  const slower =
    usual !== undefined && total > TIMES * usual && total - usual >= CHANCE && total > RECORD * longest;
  return total < FAST && !slower;
}

/** The causes worth a word. */
function noteworthy(report: Told, scale: Scale): Cause[] {
  if (!scale.all && isFast(report.total, scale)) return [];
  const least = scale.all ? ANYTHING : NOTEWORTHY;
  return report.causes.filter((c) => c.seconds >= least && c.share >= 0.03);
}

type Told = Omit<Report, "verdict" | "hint">;

/** The answer in words, and what to look at next. */
export function conclude(report: Told, scale: Scale = {}): Pick<Report, "verdict" | "hint"> {
  const noun = nouns[report.kind];
  const usual = scale.usual === undefined ? "" : ` (usually ${duration(scale.usual * 1e9)})`;
  const took = `${duration(report.total * 1e9)}${usual}`;
  const slow = noteworthy(report, scale);
  const died = report.deaths.map((d) => ` ${deathText(d)}`).join("");
  if (slow.length === 0) {
    const fast = isFast(report.total, scale);
    const verdict = fast
      ? `Nothing was slow: the ${noun} took ${took}.`
      : `Nothing unusual: the ${noun} took ${took}; no single cause stands out.`;
    return { verdict: verdict + died, hint: report.deaths.length > 0 ? deathHint(report.lifetime) : "" };
  }
  const rest = slow.length > 3 ? ` And ${slow.length - 3} smaller cause${slow.length > 4 ? "s" : ""}.` : "";
  const cpu = report.causes.reduce((sum, c) => sum + (c.category === "cpu" ? c.seconds : 0), 0);
  const computing = cpu > report.total / 2 ? " Most of it was computing, not waiting." : "";
  const told = slow.slice(0, 3).map((c) => `${capital(phrase(c))}.`);
  return {
    verdict: `The ${noun} took ${took}. ${told.join(" ")}${rest}${computing}${died}`,
    hint: hint(slow[0]),
  };
}

/** How the service died where nobody asked it to. */
function deathText({ status, signal, seconds, again }: Death): string {
  const how = signal === null ? `exited ${status ?? "with a status that is not known"}` : `died of ${signal}`;
  const after = seconds === null ? "" : ` after ${duration(seconds * 1e9)}`;
  return again
    ? `Then it ${how}${after}, and the supervisor starts it again.`
    : `Nobody had asked for it: the service ${how}${after}.`;
}

/** What a running service waited for. `silent`: nothing was recorded of its main thread. */
export function concludeRunning(report: Told, silent: boolean): Pick<Report, "verdict" | "hint"> {
  const span = duration(report.total * 1e9);
  const slow = report.causes.filter((c) => c.share >= 0.05 && c.seconds >= 0.01 * report.total);
  if (slow.length === 0 && silent)
    return {
      verdict: `Nothing was seen: within ${span} the main thread made no call, and did not run.`,
      hint: `ps -L -o tid,stat,wchan -p ${report.lifetime.pid} says where it is: stopped (T), or waiting for a disk or memory (D)`,
    };
  if (slow.length === 0)
    return {
      verdict: `Nothing was slow: within ${span} the service was idle nearly all the time.`,
      hint: "",
    };
  const busy = report.causes.reduce((sum, c) => sum + c.seconds, 0);
  if (busy < IDLE * report.total) {
    const most = `${slow[0].text} (${who(slow[0])})`;
    const verdict = `Nothing was slow: within ${span} the service was busy for ${duration(busy * 1e9)}. Most of it: ${most}.`;
    return { verdict, hint: "" };
  }
  const top = slow.slice(0, 3).map((c) => `${capital(`${c.text} (${who(c)})`)}.`);
  return { verdict: `Within ${span}: ${top.join(" ")}`, hint: hint(slow[0]) };
}

const who = (cause: Cause): string => `${printable(cause.comm)}[${cause.pid}]`;

function phrase(cause: Cause): string {
  return cause.comm ? `${cause.phase}: ${cause.text} (${who(cause)})` : `${cause.phase}: ${cause.text}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
