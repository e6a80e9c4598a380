/** Cuts a restart (or a start, a stop, a run) into phases that follow each other without gaps. */

import type { Lifetime, Recording } from "../record/model.ts";
import { isProgress } from "../record/ready.ts";
import { stepsBefore } from "./between.ts";
import type { Phase, Report } from "./types.ts";

/** A lifetime that began later than this (ns) after the previous one's end is a start, not a restart. */
const TOGETHER = 120e9;
/** Where the boot is not known: anchors of one boot differ by clock adjustments only (ns), if the machine was not suspended. */
const SAME_BOOT = 3600e9;
/** Who has it started this soon (ns) after its death restarts it, in two steps. */
const SOON = 5e9;
/** The supervisor may hear of a death so much earlier (ns) than it is recorded. */
const NOTED_LATE = 1e9;

export interface Plan {
  kind: Report["kind"];
  phases: Phase[];
  /** The recording each phase is about. */
  previous: Recording | undefined;
  current: Recording | undefined;
  notes: string[];
}

/** End of what the recording covers. */
export const coveredTo = (r: Recording): number => r.lifetime.ended ?? r.lifetime.written;

function sameBoot(a: Lifetime, b: Lifetime): boolean {
  if (a.boot === "" || b.boot === "") return Math.abs(a.anchor - b.anchor) < SAME_BOOT;
  return a.boot === b.boot;
}

/** It was attached to as it ran, and runs on: nothing of a start or a stop is in it. */
export function onlyRuns({ lifetime }: Recording): boolean {
  const { attached, dir, asked, died } = lifetime;
  return attached && (dir === "" || (asked === null && died === null));
}

/** A lifetime up to the request to end it: what is asked about is how it began. */
export function beginning<T extends Recording>(recording: T): T {
  const { lifetime } = recording;
  if (lifetime.dir === "") return recording;
  const end = lifetime.asked ?? lifetime.died ?? lifetime.ended;
  const cut = { asked: null, asked_by: null, died: null, ended: end, written: end ?? lifetime.written };
  return { ...recording, lifetime: { ...lifetime, ...cut } };
}

/** It died, and nobody had asked for it; a fault is noted as a request of the kernel's. */
export function diedByItself({ asked, asked_by, died, signal }: Lifetime): boolean {
  return died !== null && (asked === null || (signal !== null && asked_by === signal));
}

/** It died by itself, and the supervisor has said that it is about to start it again. */
export function isCrashing(r: Recording): boolean {
  const { lifetime, events } = r;
  const dead = (lifetime.died ?? 0) - NOTED_LATE;
  const announced = events.some((e) => e.kind === "delay" && e.ts >= dead);
  return lifetime.dir !== "" && diedByItself(lifetime) && announced && !wasDown(r, Number.POSITIVE_INFINITY);
}

/** What is to be explained, given the newest recording and the one before it. */
export function plan(newest: Recording, previous?: Recording): Plan {
  // that it is dead again is soon over, and one like the next
  const current = isCrashing(newest) ? beginning(newest) : newest;
  const life = current.lifetime;
  const service = life.dir !== "";
  if (service && (life.asked !== null || life.died !== null)) {
    // A lifetime that is stopping, or has stopped, with no successor: the stop is the news.
    return {
      kind: "stop",
      phases: stopPhases(current),
      previous: current,
      current: undefined,
      notes: stopNotes(current),
    };
  }
  if (!service || onlyRuns(current)) {
    return {
      kind: "run",
      phases: runPhases(current),
      previous: undefined,
      current,
      notes: runNotes(current),
    };
  }
  const related =
    previous &&
    sameBoot(previous.lifetime, life) &&
    (previous.lifetime.asked !== null || previous.lifetime.died !== null) &&
    life.started - (previous.lifetime.died ?? coveredTo(previous)) < TOGETHER;
  const start = startPhases(current);
  const rested = related && wasDown(previous, life.started);
  if (!related || rested) {
    const why = rested
      ? "it was down as it was told to be until then: only the start is explained"
      : "no recording of the lifetime before: only the start is explained";
    const notes = [...startNotes(current), why];
    return { kind: "start", phases: start, previous: undefined, current, notes };
  }
  const phases = [...stopPhases(previous, current), ...start];
  return { kind: "restart", phases, previous, current, notes: startNotes(current) };
}

/**
 * Whether the supervisor did not start the service again by itself: it was told to leave it down, or to start it once, or was
 * told after its death to start it. A delay that the supervisor announced after a death is its own.
 */
export function wasDown({ lifetime, events }: Recording, started: number): boolean {
  const dead = lifetime.died ?? lifetime.ended ?? lifetime.written;
  let down = /^svc -[dx]/.test(lifetime.asked_by ?? "");
  let told = false;
  let announced = false;
  for (const { ts, kind, text } of [...events].sort((a, b) => a.ts - b.ts)) {
    if (ts >= started) break;
    if (kind === "delay" && ts >= dead - NOTED_LATE) {
      announced = true;
      down = told = false;
    }
    if (kind !== "control") continue;
    if (text === "svc -u" || (text === "svc -o" && ts > dead)) {
      told ||= ts > dead + SOON && (down || !announced);
      down = false;
    } else if (/^svc -[dox]/.test(text)) down = true;
  }
  return down || told;
}

const LEFTOVERS = "main process dead until its last child process was dead";

/** Until when `finish` ran, and until when those left over were waited for; `dead` where neither was. */
function endOfStop(r: Recording, next: Recording, dead: number, limit: number): [number, number] {
  const { ended } = r.lifetime;
  const over = ended !== null && ended <= limit;
  const steps = stepsBefore(next, dead, limit);
  if (steps.length === 0) {
    // A supervisor that announced a delay, or started anew, before the last process died did not wait for it.
    const delay = r.events.find((e) => e.kind === "delay" && e.ts >= dead - NOTED_LATE)?.ts;
    return [dead, over && (delay === undefined || delay >= ended - 5e6) ? ended : dead];
  }
  const finished = steps.find((s) => s.state === "finishing")?.to ?? dead;
  const clearing = steps.find((s) => s.state === "clearing");
  // those it waits for may not be among the recorded
  const gone = clearing && over && ended > clearing.from ? Math.min(ended, clearing.to) : finished;
  return [finished, Math.max(finished, gone)];
}

function stopPhases(r: Recording, next?: Recording): Phase[] {
  const { asked, died, ended, written } = r.lifetime;
  const limit = next?.lifetime.started ?? ended ?? written;
  const from = asked ?? died ?? limit;
  const phases: Phase[] = [];
  const dead = Math.min(died ?? limit, limit);
  add(phases, "stopping", from, dead, "asked to stop until the main process was dead");
  if (!next) {
    add(phases, "leftovers", dead, ended ?? written, LEFTOVERS);
    return phases;
  }
  const [finished, gone] = endOfStop(r, next, dead, limit);
  add(phases, "finish", dead, finished, "main process dead until ./finish had ended");
  add(phases, "leftovers", finished, gone, LEFTOVERS);
  add(phases, "respawn delay", gone, limit, "all dead until the run script was started");
  return phases;
}

function startPhases(r: Recording): Phase[] {
  const { started, pid } = r.lifetime;
  const end = readyAt(r);
  const execs = r.events.filter((e) => e.kind === "exec" && e.pid === pid && e.ts > started && e.ts <= end);
  const last = execs.at(-1)?.ts ?? started;
  const phases: Phase[] = [];
  add(phases, "run script", started, last, "run script until it became the service (last exec)");
  add(
    phases,
    "starting",
    last,
    end,
    r.lifetime.ready === null ? "service started" : "service started until ready",
  );
  if (phases.length === 0) phases.push({ name: "starting", from: started, to: end, text: "service started" });
  return phases;
}

function runPhases(r: Recording): Phase[] {
  const { started, died } = r.lifetime;
  const phases: Phase[] = [];
  const end = coveredTo(r);
  const dead = Math.min(died ?? end, end);
  add(
    phases,
    r.lifetime.attached ? "attached" : "running",
    started,
    dead,
    "start until the main process was dead",
  );
  add(phases, "leftovers", dead, end, LEFTOVERS);
  return phases;
}

/** Very short phases are kept too: they add up to the total. */
function add(phases: Phase[], name: string, from: number, to: number, text: string): void {
  if (to > from) phases.push({ name, from, to, text });
}

/** When the start was over; while that is unknown, the last thing done that belongs to a start. */
export function readyAt(r: Recording): number {
  const { ready, started, asked, died } = r.lifetime;
  if (ready !== null) return ready;
  if (r.reached !== undefined) return r.reached;
  const end = asked ?? died ?? coveredTo(r);
  const { columns, length } = r.calls;
  const progress = r.calls.byText(isProgress);
  let last = started;
  for (let i = 0; i < length && columns.ts[i] < end; i++) {
    if (progress(columns.name[i])) last = Math.max(last, Math.min(columns.ts[i] + columns.duration[i], end));
  }
  // Something slow may be going on still: then the start lasts until now.
  for (const { name, target } of r.calls.unfinished()) {
    if (/^(connect|fsync|fdatasync|flock|recvfrom|sendto)$/.test(name)) return end;
    if (/(^| )(tcp|udp):/.test(target)) return end;
  }
  return last;
}

function startNotes(r: Recording): string[] {
  const { ready, ready_by, ended } = r.lifetime;
  if (ready === null && ended !== null) return ["it ended before there was a sign that it was ready"];
  if (ready === null)
    return ["no sign yet that the service is ready: the start is explained as far as it got"];
  return ready_by === "quiet"
    ? ["ready is a guess: nothing listens, so the end of the start's activity counts"]
    : [];
}

function stopNotes(r: Recording): string[] {
  return r.lifetime.ended === null ? ["the service is still stopping"] : [];
}

function runNotes(r: Recording): string[] {
  return r.lifetime.ended === null ? ["still running, or let go, when the recording ended"] : [];
}

/** The thread whose progress ended the start. */
export function readyThread(r: Recording): number {
  return r.events.filter((e) => e.kind === "ready").at(-1)?.pid ?? r.lifetime.pid;
}
