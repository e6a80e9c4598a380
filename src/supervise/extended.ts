/**
 * `supervise/svtrace.json`: what we know of a service beyond `status`, for people, programs, and the supervisor that
 * comes after us. docs/SUPERVISION.md describes it key by key.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { Cgroup } from "../kernel/cgroup.ts";
import { comm, descendants, lives, startTime } from "../kernel/proc.ts";
import { files } from "./layout.ts";
import type { Plan, State } from "./machine.ts";

/** A process, told from a later one with the same pid by its start time (clock ticks since boot). */
export interface Process {
  readonly pid: number;
  readonly born: number;
}

export interface LastExit {
  readonly at: number;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** Seconds it ran; null if it never did. */
  readonly ran: number | null;
  readonly missed: boolean;
}

export interface LastRestart {
  readonly asked: number | null;
  readonly dead: number;
  readonly started: number;
  readonly ready: number | null;
  readonly seconds: number | null;
}

/** Times are Unix seconds. */
export interface Extended {
  readonly version: 1;
  readonly boot: string;
  readonly state: State;
  readonly plan: Plan;
  readonly want: "u" | "d" | "";
  readonly pid: number;
  readonly born: number;
  readonly since: number;
  readonly paused: boolean;
  readonly ready: boolean;
  readonly readyAt: number | null;
  readonly starts: number;
  readonly startedAt: number | null;
  readonly deaths: readonly number[];
  readonly failed: string | null;
  readonly lastExit: LastExit | null;
  readonly lastRestart: LastRestart | null;
  readonly stopping: { readonly since: number; readonly killAt: number | null } | null;
  readonly leftOver: readonly Process[];
  readonly cgroup: string | null;
  readonly waitsFor: readonly string[];
  readonly traced: boolean;
  /** Inode of the pipe to the logger. */
  readonly logPipe: number | null;
  /** Name of its notification socket (abstract), while it has one. */
  readonly notify: string | null;
  /** pid of the last child whose end is noted here. */
  readonly reaped: number;
  readonly supervisor: Process;
}

const READ_TRIES = 5;
let boot: string | undefined;

/** The kernel's id of this boot. */
export function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return boot;
}

/** The text of a svtrace.json as an object; undefined if it is none, or of another boot. */
export function parseExtended(text: string): Extended | undefined {
  try {
    const e = JSON.parse(text) as Extended;
    const plausible =
      e.version === 1 &&
      e.boot === bootId() &&
      Number.isInteger(e.pid) &&
      typeof e.born === "number" &&
      Array.isArray(e.deaths) &&
      Array.isArray(e.leftOver);
    return plausible ? e : undefined;
  } catch {
    return undefined;
  }
}

/** What is known of a service directory's service; undefined if nothing is. */
export function readExtended(dir: string): Extended | undefined {
  const path = bytesOf(join(dir, files.extended));
  try {
    // it is written in place: what is read in the middle of that is no JSON, or differs from what is read next
    for (let text = readFileSync(path, "utf8"), left = READ_TRIES; ; left--) {
      const again = readFileSync(path, "utf8");
      if (again === text || left === 0) return parseExtended(again);
      text = again;
    }
  } catch {
    return undefined;
  }
}

/** Whether it is this very process, alive, as far as can be seen. */
export function isThere({ pid, born }: Process): boolean {
  try {
    return pid > 1 && bornAt(pid) === born && lives(pid);
  } catch {
    return true;
  }
}

/**
 * When a process was born (clock ticks since boot); undefined if there is none. Throws where that cannot be seen, for
 * want of descriptors: nobody must be taken for dead then.
 */
export function bornAt(pid: number): number | undefined {
  const born = startTime(pid);
  if (born !== undefined) return born;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  // throws what kept us from seeing it; if it has just ended, undefined it is
  try {
    closeSync(openSync(`/proc/${pid}/stat`, "r"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return startTime(pid);
}

export interface Alive {
  readonly pid: number;
  readonly comm: string;
  /** Its main process (`run` or `finish`). */
  readonly main: boolean;
}

/** Everybody who is alive of a service now, with names. */
export function aliveOf(dir: string): Alive[] {
  const e = readExtended(dir);
  if (!e) return [];
  const group = e.cgroup === null ? undefined : Cgroup.at(e.cgroup);
  const roots = [e, ...e.leftOver].filter(isThere).map((p) => p.pid);
  const pids = new Set([...roots, ...(group ? group.pids() : roots.flatMap(descendants))]);
  return [...pids]
    .filter(lives)
    .sort((a, b) => a - b)
    .map((pid) => ({ pid, comm: comm(pid), main: pid === e.pid }));
}
