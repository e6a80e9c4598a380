/**
 * `supervise/svtrace.json`: what we know of a service beyond `status`, for people, programs, and the supervisor that
 * comes after us. docs/SUPERVISION.md describes it key by key.
 */

import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, wellFormed } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";
import { readWhole } from "../base/small-file.ts";
import { bootId } from "../kernel/boot.ts";
import { Cgroup } from "../kernel/cgroup.ts";
import { comm, descendants, lives, startTime } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import { files } from "./layout.ts";
import { type Plan, type State, table } from "./machine.ts";
import type { Settings } from "./settings.ts";

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
  /** Identity of the service directory: elsewhere it is a copy, and tells of another service's process. */
  readonly home: string;
  readonly state: State;
  readonly plan: Plan;
  readonly want: "u" | "d" | "";
  readonly pid: number;
  readonly born: number;
  readonly since: number;
  readonly paused: boolean;
  readonly termSent: boolean;
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
  /** What its files said at its last start. */
  readonly settings: Settings;
  /** Inode of the pipe to the logger. */
  readonly logPipe: number | null;
  /** Name of its notification socket (abstract), while it has one. */
  readonly notify: string | null;
  /** pid of the last child whose end is noted here. */
  readonly reaped: number;
  readonly supervisor: Process;
}

const READ_TRIES = 5;

type Check = (value: unknown) => boolean;

const PLANS: readonly unknown[] = ["up", "once", "exit"] satisfies Plan[];
/** No pid is higher (PID_MAX_LIMIT). */
const MAX_PID = 2 ** 22;

const isNumber: Check = (v) => typeof v === "number" && Number.isFinite(v);
const isText: Check = (v) => typeof v === "string";
const isFlag: Check = (v) => typeof v === "boolean";
const isPid: Check = (v) => Number.isInteger(v) && Number(v) >= 0 && Number(v) <= MAX_PID;
const listOf =
  (check: Check): Check =>
  (v) =>
    Array.isArray(v) && v.every(check);
const orNull =
  (check: Check): Check =>
  (v) =>
    v === null || check(v);
/** An object in which every key holds what it is to hold. */
const having =
  (keys: Readonly<Record<string, Check>>): Check =>
  (v) =>
    typeof v === "object" &&
    v !== null &&
    Object.entries(keys).every(([key, check]) => check((v as Record<string, unknown>)[key]));
const ofVersion =
  (check: Check): Check =>
  (v) =>
    v === undefined || check(v);

const isProcess = having({ pid: isPid, born: isNumber });
const times = (...keys: string[]) => Object.fromEntries(keys.map((k) => [k, orNull(isNumber)]));

/** What is not set is not there. */
const isSettings = having({
  stopTimeout: ofVersion(isNumber),
  finishTimeout: ofVersion(isNumber),
  notificationFd: ofVersion(isNumber),
  notifySocket: isFlag,
  needs: listOf(isText),
  backoff: having({ first: isNumber, max: isNumber }),
  tally: ofVersion(having({ count: isNumber, within: isNumber })),
  runit: isFlag,
} satisfies Record<keyof Settings, Check>);

/** Whoever takes over relies on these; those in `ofVersion` an older version may not have written. */
const isExtended = having({
  version: (v) => v === 1,
  boot: (v) => v === bootId(),
  home: ofVersion(isText),
  state: (v) => typeof v === "string" && Object.hasOwn(table, v),
  plan: (v) => PLANS.includes(v),
  want: (v) => v === "u" || v === "d" || v === "",
  pid: isPid,
  born: isNumber,
  since: isNumber,
  deaths: listOf(isNumber),
  leftOver: listOf(isProcess),
  cgroup: orNull(isText),
  supervisor: isProcess,
  paused: ofVersion(isFlag),
  termSent: ofVersion(isFlag),
  ready: ofVersion(isFlag),
  readyAt: ofVersion(orNull(isNumber)),
  starts: ofVersion(isNumber),
  startedAt: ofVersion(orNull(isNumber)),
  failed: ofVersion(orNull(isText)),
  lastExit: ofVersion(
    orNull(having({ at: isNumber, pid: isPid, ...times("code", "ran"), signal: orNull(isText) })),
  ),
  lastRestart: ofVersion(
    orNull(having({ dead: isNumber, started: isNumber, ...times("asked", "ready", "seconds") })),
  ),
  stopping: ofVersion(orNull(having({ since: isNumber, ...times("killAt") }))),
  waitsFor: ofVersion(listOf(isText)),
  traced: ofVersion(isFlag),
  settings: ofVersion(isSettings),
  logPipe: ofVersion(orNull(isNumber)),
  notify: ofVersion(orNull(isText)),
  reaped: ofVersion(isPid),
} satisfies Record<keyof Extended, Check>);

/** The text of a svtrace.json as an object; undefined if it is none, damaged, or of another boot. */
export function parseExtended(text: string): Extended | undefined {
  try {
    const e: unknown = JSON.parse(text);
    return isExtended(e) ? (e as Extended) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is of the directory with this identity; an earlier version did not say. */
export const isOf = (e: Extended, identity: string): boolean => (e.home ?? identity) === identity;

/** What is known of a service directory's service; undefined if nothing is. */
export function readExtended(dir: string): Extended | undefined {
  const path = bytesOf(join(dir, files.extended));
  const look = () => readWhole(path).toString();
  try {
    // it is written in place: what is read in the middle of that is no JSON, or differs from what is read next
    for (let text = look(), left = READ_TRIES; ; left--) {
      const again = look();
      if (again === text || left === 0) {
        const e = parseExtended(again);
        return e && isOf(e, identityOf(statSync(bytesOf(dir)))) ? e : undefined;
      }
      text = again;
    }
  } catch {
    return undefined;
  }
}

let self: Process | undefined;

/** This process. */
export function ourselves(): Process {
  self ??= { pid: process.pid, born: startTime(process.pid) ?? 0 };
  return self;
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
  if (!send(pid, 0)) return undefined;
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
    .map((pid) => ({ pid, comm: wellFormed(comm(pid)), main: pid === e.pid }));
}
