/** Requests to stop: what counts as one, which of several counts, and what becomes of one that led to nothing. */
import { senderText } from "./describe.ts";
import type { Lifetime } from "./model.ts";
import { STOP_LIMIT } from "./ready.ts";

const ASKING = new Set(["SIGTERM", "SIGINT", "SIGQUIT"]);
/** Programs raise these on purpose and handle them, as a JVM does from its start on: a death by one tells that it was fatal. */
const FAULTS = new Set(["SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"]);

const isSignal = (by: string | null): boolean => by?.startsWith("SIG") ?? false;
/** A thread dump to a JVM, an end to others. */
const mayBeDump = (by: string | null): boolean => by?.startsWith("SIGQUIT") ?? false;

export class Requests {
  /** The last of each kind. */
  private readonly faults = new Map<string, { ts: number; by: string }>();

  /** What was asked came as a signal that the main process ignores. */
  private ignored = false;

  constructor(private readonly lifetime: Lifetime) {}

  /** The main process got a signal. Returns who asks it to stop by that, if anyone does. */
  signal(ts: number, name: string, sender: number): string | undefined {
    if (ASKING.has(name)) return senderText(name, sender);
    if (FAULTS.has(name)) this.faults.set(name, { ts, by: senderText(name, sender) });
    return undefined;
  }

  /**
   * The main process is dead, by `signal` if by any: its end began when that came. One that ignored what it was asked died
   * of something else, unless it was killed in the end.
   */
  died(signal: string | null): void {
    if (this.ignored && signal !== "SIGKILL") this.forget();
    const fault = signal === null ? undefined : this.faults.get(signal);
    if (fault) this.note(fault.ts, fault.by);
  }

  /** Someone asked the service to stop; the earliest request counts, unless it seems to have led to nothing. */
  note(ts: number, by: string, ignored = false): void {
    const { lifetime } = this;
    // A control command is the reason for the supervisor's signal, whichever was noted first.
    const told = / from (\d+) /.exec(lifetime.asked_by ?? "")?.[1];
    if (told !== undefined && Number(told) === lifetime.supervisor && by.startsWith("svc"))
      lifetime.asked_by = by;
    if (lifetime.asked !== null && ts >= lifetime.asked && !this.givesWay(ts, by, ignored)) return;
    lifetime.asked = ts;
    lifetime.asked_by = by;
    this.ignored = ignored;
  }

  /** What was asked so far did not end the service, and this later request may. */
  private givesWay(ts: number, by: string, ignored: boolean): boolean {
    const { asked, asked_by, died } = this.lifetime;
    if (died !== null && ts > died) return false;
    if (this.ignored && !ignored && by !== "svc -k") return true;
    if (mayBeDump(asked_by)) return !mayBeDump(by);
    // who wants it down, or kills it in the end, waits for the first request still
    return ts - (asked ?? ts) > STOP_LIMIT && !/^svc -[dx]/.test(asked_by ?? "") && by !== "svc -k";
  }

  /** It has been stopping for so long that it does not seem to be. */
  overdue(now: number): boolean {
    const { asked, died } = this.lifetime;
    return now - (asked ?? died ?? now) > STOP_LIMIT;
  }

  /** The service runs on: a signal asked it for something else. Commands stay, as some stops do take very long. */
  withdraw(): boolean {
    const { died, asked_by } = this.lifetime;
    if (died !== null || !isSignal(asked_by)) return false;
    this.forget();
    return true;
  }

  private forget(): void {
    this.lifetime.asked = null;
    this.lifetime.asked_by = null;
    this.ignored = false;
  }
}
