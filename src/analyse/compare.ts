/** Compares restarts: what one spent its time on, beside another, or beside the median of several. Pure functions. */
import type { ProcessRow, Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import { analyse } from "./analyse.ts";
import { plan } from "./phases.ts";
import type { Cause, Report } from "./types.ts";

/** One restart (or start, stop, run) in the terms that are compared. */
export interface Profile {
  readonly kind: Report["kind"];
  /** Seconds. */
  readonly total: number;
  readonly phases: ReadonlyMap<string, number>;
  readonly waits: ReadonlyMap<string, WaitTotal>;
  readonly calls: ReadonlyMap<string, CallTotal>;
}

export interface WaitTotal {
  readonly phase: string;
  readonly category: string;
  readonly syscall: string;
  readonly target: string;
  readonly seconds: number;
  /** In the words of `why`. */
  readonly text: string;
}

/** Calls of one name by processes of one command. */
export interface CallTotal {
  readonly comm: string;
  readonly name: string;
  readonly calls: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Two figures of the same thing. */
export interface Pair {
  readonly before: number;
  readonly after: number;
}

export interface Comparison {
  readonly total: Pair;
  /** In the order of the later restart. */
  readonly phases: readonly (Pair & { readonly name: string })[];
  /** Largest change first; a wait that one of both did not have has 0 there. */
  readonly waits: readonly (Pair & Omit<WaitTotal, "seconds">)[];
  /** Calls made many times more, or less, often: largest change in number first. */
  readonly calls: readonly (Pair & {
    readonly comm: string;
    readonly name: string;
    readonly failedBefore: number;
    readonly failedAfter: number;
  })[];
}

/** A wait whose share changed by less than this (seconds and share of the longer restart) is not told. */
const WORTH_SECONDS = 0.02;
const WORTH_SHARE = 0.01;
/** A number of calls has changed when it is this many times, and this many, more or less. */
const TIMES = 1.5;
const MORE_CALLS = 20;

/** What a restart spent its time on. `previous` is the lifetime before `current`, as for `analyse`. */
export function profile(current: Recording, previous?: Recording): Profile {
  const report = analyse(current, previous);
  const { kind, phases, ...p } = plan(current, previous);
  const from = phases[0]?.from ?? 0;
  const to = phases.at(-1)?.to ?? 0;
  const recordings = [p.previous, p.current].filter((r) => r !== undefined);
  return {
    kind,
    total: report.total,
    phases: sumUp(report.phases.map((x) => [x.name, x.seconds])),
    waits: waitsOf(report),
    calls: callsOf(recordings, from, to),
  };
}

/** The middle of several restarts in every figure; what most did not have counts as 0. */
export function medianProfile(profiles: readonly Profile[]): Profile {
  const figures = (of: (p: Profile) => number) => median(profiles.map(of));
  const phases = keys(profiles.map((p) => p.phases)).map(
    (name) => [name, figures((p) => p.phases.get(name) ?? 0)] as const,
  );
  const waits = keys(profiles.map((p) => p.waits)).map((key) => {
    const some = profiles.map((p) => p.waits.get(key)).find((w) => w !== undefined)!;
    return [key, { ...some, seconds: figures((p) => p.waits.get(key)?.seconds ?? 0) }] as const;
  });
  const calls = keys(profiles.map((p) => p.calls)).map((key) => {
    const some = profiles.map((p) => p.calls.get(key)).find((c) => c !== undefined)!;
    const middle = (field: "calls" | "failed" | "seconds") => figures((p) => p.calls.get(key)?.[field] ?? 0);
    return [
      key,
      { ...some, calls: middle("calls"), failed: middle("failed"), seconds: middle("seconds") },
    ] as const;
  });
  return {
    kind: profiles[0].kind,
    total: figures((p) => p.total),
    phases: new Map(phases),
    waits: new Map(waits),
    calls: new Map(calls),
  };
}

/** What of `before` became different in `after`. */
export function compare(before: Profile, after: Profile): Comparison {
  const least = Math.max(WORTH_SECONDS, WORTH_SHARE * Math.max(before.total, after.total));
  const waits = keys([after.waits, before.waits])
    .map((key) => {
      const [a, b] = [before.waits.get(key), after.waits.get(key)];
      const { seconds: _, ...what } = (b ?? a)!;
      return { ...what, before: a?.seconds ?? 0, after: b?.seconds ?? 0 };
    })
    .filter((w) => Math.abs(w.after - w.before) >= least);
  const calls = keys([after.calls, before.calls])
    .map((key) => {
      const [a, b] = [before.calls.get(key), after.calls.get(key)];
      const { comm, name } = (b ?? a)!;
      return {
        comm,
        name,
        before: a?.calls ?? 0,
        after: b?.calls ?? 0,
        failedBefore: a?.failed ?? 0,
        failedAfter: b?.failed ?? 0,
      };
    })
    .filter(({ before: x, after: y }) => Math.abs(y - x) >= MORE_CALLS && multiplied(x, y));
  const byChange = (x: Pair, y: Pair) => Math.abs(y.after - y.before) - Math.abs(x.after - x.before);
  return {
    total: { before: before.total, after: after.total },
    phases: keys([after.phases, before.phases]).map((name) => ({
      name,
      before: before.phases.get(name) ?? 0,
      after: after.phases.get(name) ?? 0,
    })),
    waits: waits.sort(byChange),
    calls: calls.sort(byChange),
  };
}

const multiplied = (x: number, y: number): boolean => Math.max(x, y) >= TIMES * Math.min(x, y);

function waitsOf(report: Report): Map<string, WaitTotal> {
  const waits = new Map<string, WaitTotal>();
  for (const cause of report.causes) {
    const target = lasting(cause.target);
    const key = [cause.phase, cause.category, cause.syscall, target].join("\0");
    const { phase, category, syscall } = cause;
    const seconds = (waits.get(key)?.seconds ?? 0) + cause.seconds;
    waits.set(key, { phase, category, syscall, target, seconds, text: waits.get(key)?.text ?? words(cause) });
  }
  return waits;
}

function words(cause: Cause): string {
  return cause.comm ? `${cause.text} (${cause.comm})` : cause.text;
}

/** What differs from run to run in a target: inodes, process and thread ids, random names of temporary files, client ports. */
export function lasting(target: string): string {
  return target
    .replace(/^thread:\d+$/, "")
    .replace(/\b(pipe|socket|unix):\[\d+\]/g, "$1:[#]")
    .replace(/\/proc\/\d+/g, "/proc/#")
    .replace(
      /((?:tcp|udp):(?:127\.[\d.]+|\[::1\])):(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-6]\d{4})\b/g,
      "$1:#",
    )
    .replace(/(\/tmp\/[^/|]*?)(\.?[A-Za-z0-9]*\d[A-Za-z0-9]*)(?=\/|$| \|)/g, "$1#");
}

function callsOf(recordings: readonly Recording[], from: number, to: number): Map<string, CallTotal> {
  type Sum = { -readonly [K in keyof CallTotal]: CallTotal[K] };
  const totals = new Map<string, Sum>();
  const totalOf = (comm: string, name: string): Sum => {
    const key = `${comm}\0${name}`;
    const total = totals.get(key) ?? { comm, name, calls: 0, failed: 0, seconds: 0 };
    totals.set(key, total);
    return total;
  };
  for (const { processes, calls } of recordings) {
    const owners = new Owners(processes);
    const { ts, duration, tid, name, error } = calls.columns;
    const fine = calls.byText((text) => text === "");
    // by thread and id of the name: a text for each call would cost more than everything else
    const found = new Map<ProcessRow | undefined, Map<number, Sum>>();
    for (let i = 0; i < calls.length; i++) {
      const end = ts[i] + duration[i];
      if (end <= from || ts[i] >= to) continue;
      const thread = owners.at(tid[i], ts[i]);
      const ofThread = found.get(thread) ?? new Map<number, Sum>();
      found.set(thread, ofThread);
      let total = ofThread.get(name[i]);
      if (!total) {
        total = totalOf(thread?.comm ?? "", calls.text(name[i]));
        ofThread.set(name[i], total);
      }
      total.calls++;
      if (!fine(error[i])) total.failed++;
      total.seconds += (Math.min(end, to) - Math.max(ts[i], from)) / 1e9;
    }
  }
  return totals;
}

function sumUp(pairs: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0) + value);
  return sums;
}

function keys<T>(maps: readonly ReadonlyMap<string, T>[]): string[] {
  return [...new Set(maps.flatMap((m) => [...m.keys()]))];
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
