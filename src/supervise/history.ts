/** What has happened to a service: starts, deaths, how long the last restart took. Times are Unix seconds. */
import { signalName, signalNumber } from "../kernel/signals.ts";
import { endSignal, exitCode } from "../kernel/wait.ts";
import type { Extended, LastExit, LastRestart } from "./extended.ts";
import { MAX_DEATHS } from "./settings.ts";

export type HistoryFields = Pick<
  Extended,
  "ready" | "readyAt" | "starts" | "startedAt" | "deaths" | "failed" | "lastExit" | "lastRestart" | "stopping"
>;

const now = (): number => Date.now() / 1000;

export class History {
  ready = false;
  readyAt: number | null = null;
  starts = 0;
  startedAt: number | null = null;
  deaths: number[] = [];
  failed: string | null = null;
  lastExit: LastExit | null = null;
  lastRestart: LastRestart | null = null;
  stopping: { since: number; killAt: number | null } | null = null;
  private asked: number | null = null;
  /** When KILL is due, and when the deaths were, by the clock that nobody sets (ms). */
  private killDue: number | undefined;
  private diedAt: number[] = [];

  fields(): HistoryFields {
    const { ready, readyAt, starts, startedAt, deaths, failed, lastExit, lastRestart, stopping } = this;
    return { ready, readyAt, starts, startedAt, deaths, failed, lastExit, lastRestart, stopping };
  }

  /** Goes on from what a supervisor before us knew. */
  restore(e: Extended): void {
    const { ready, readyAt, starts, startedAt, deaths, failed, lastExit, lastRestart, stopping } = e;
    Object.assign(this, { ready, readyAt, starts, startedAt, deaths: [...deaths], failed });
    Object.assign(this, { lastExit, lastRestart, stopping });
    this.asked = stopping?.since ?? null;
    this.killDue = stopping?.killAt ? performance.now() + (stopping.killAt - now()) * 1000 : undefined;
    this.diedAt = deaths.map((at) => performance.now() - Math.max(0, now() - at) * 1000);
  }

  /** It was asked to end, for which it has `stopTimeout` ms: returned if it is the first time, as who asks again does not give it more. */
  stopAsked(stopTimeout: number | undefined): number | undefined {
    const before = this.stopping?.killAt;
    this.asked ??= now();
    if (!this.stopping && stopTimeout !== undefined) this.killDue = performance.now() + stopTimeout;
    this.stopping ??= {
      since: this.asked,
      killAt: stopTimeout === undefined ? null : now() + stopTimeout / 1000,
    };
    return before ? undefined : stopTimeout;
  }

  started(at = now()): void {
    this.starts++;
    this.startedAt = at;
    this.ready = false;
    this.readyAt = null;
    this.failed = null;
    if (this.lastExit && this.deaths.length > 0) {
      this.lastRestart = {
        asked: this.asked,
        dead: this.lastExit.at,
        started: at,
        ready: null,
        seconds: null,
      };
    }
    this.asked = null;
  }

  becameReady(): void {
    this.ready = true;
    this.readyAt = now();
    const r = this.lastRestart;
    if (r && r.ready === null) {
      this.lastRestart = { ...r, ready: this.readyAt, seconds: this.readyAt - (r.asked ?? r.dead) };
    }
  }

  /** `status` is the raw wait status, null when it is not known; `missed`: nor when it was. */
  died(pid: number, status: number | null, missed: boolean): void {
    const at = now();
    const signal = status === null ? 0 : endSignal(status);
    this.lastExit = {
      at,
      pid,
      code: status === null || signal !== 0 ? null : exitCode(status),
      signal: signal === 0 ? null : signalName(signal),
      ran: pid === 0 || this.startedAt === null || missed ? null : at - this.startedAt,
      missed: missed || status === null,
    };
    this.deaths = [...this.deaths, at].slice(-MAX_DEATHS);
    this.diedAt = [...this.diedAt, performance.now()].slice(-MAX_DEATHS);
    this.ready = false;
    this.readyAt = null;
  }

  /** What `finish` is told, as runit does: exit code or -1, and the signal's number or 0. */
  finishArguments(): [code: string, signal: string] {
    const end = this.lastExit;
    if (end?.code != null) return [String(end.code), "0"];
    return ["-1", String(end?.signal ? signalNumber(end.signal) : 0)];
  }

  /** What is left (ms) of the time it was given to end, however the clock was set meanwhile; undefined: it has no limit. */
  untilKill(stopTimeout: number | undefined): number | undefined {
    if (this.killDue === undefined) return undefined;
    const left = Math.max(0, this.killDue - performance.now());
    // the clock may have been set before we knew of it
    return Math.min(left, stopTimeout ?? left);
  }

  /** The stop is over. */
  stopped(): void {
    this.stopping = null;
    this.killDue = undefined;
  }

  /** Deaths within the last `ms` milliseconds. */
  deathsWithin(ms: number): number {
    return this.diedAt.filter((at) => performance.now() - at <= ms).length;
  }
}
