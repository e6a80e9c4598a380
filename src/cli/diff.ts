/** `svtrace diff A B` or `svtrace diff SERVICEDIR`: what one restart did that another (or the usual one) did not. */
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import {
  beginning,
  type Comparison,
  compare,
  medianProfile,
  type Profile,
  profile,
} from "../analyse/compare.ts";
import { safe } from "../analyse/lines.ts";
import { duration } from "../analyse/words.ts";
import { UsageError } from "../base/errors.ts";
import { flushRecorder } from "./recorder-client.ts";
import { print } from "./stdout.ts";

const USAGE = `usage: svtrace diff [--json] [--last N] SERVICEDIR|RECORDING
       svtrace diff [--json] A B
Compares two restarts, given by their recordings, or a service's newest one (or a recording's) with the median of the
N before it (10): which phase grew, which waits are new, which calls multiplied.`;
const LAST = 10;
const MAX_LINES = 10;

export async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const last = Number(values.last ?? LAST);
  if (!Number.isInteger(last) || last < 1)
    throw new UsageError(`diff: --last ${values.last}: not a number`, 2);
  if (positionals.length < 1 || positionals.length > 2) throw new UsageError(USAGE, 2);
  const { serviceDirOf, locate } = await import("../record/locate.ts");
  for (const p of positionals) {
    const dir = serviceDirOf(p);
    if (dir) await flushRecorder(dir);
  }
  const paths = positionals.map((p) => locate(p));
  const after = { path: paths.at(-1)!, profile: await load(paths.at(-1)!) };
  const before = paths.length === 2 ? await one(paths[0]) : await usual(after.path, last);
  const found = compare(before.profile, after.profile);
  const what = { before: before.name, after: after.path };
  if (values.json) await print(`${JSON.stringify({ ...what, ...json(found) }, undefined, 2)}\n`);
  else await print(text(what, found));
  return 0;
}

interface Side {
  readonly name: string;
  readonly profile: Profile;
}

async function one(path: string): Promise<Side> {
  return { name: path, profile: await load(path) };
}

/** The median of the restarts before that of `path`. */
async function usual(path: string, last: number): Promise<Side> {
  const { listRecordings } = await import("../record/names.ts");
  const dir = dirname(path);
  const earlier = listRecordings(dir).filter((n) => join(dir, n) < path);
  const profiles: Profile[] = [];
  // the oldest has no lifetime before it: it is a start, not a restart
  for (const name of earlier.slice(1).slice(-last)) {
    try {
      profiles.push(await load(join(dir, name)));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  if (profiles.length === 0)
    throw new UsageError(`diff: ${path}: no earlier restart is recorded to compare it with`);
  const name =
    profiles.length === 1 ? "the restart before" : `the median of ${profiles.length} restarts before`;
  return { name, profile: medianProfile(profiles) };
}

async function load(path: string): Promise<Profile> {
  const { loadPair } = await import("../record/locate.ts");
  const { current, previous } = await loadPair(path);
  return profile(beginning(current), previous);
}

function json(c: Comparison): Record<string, unknown> {
  const pair = (p: { before: number; after: number }) => ({
    before_seconds: p.before,
    after_seconds: p.after,
  });
  return {
    total: pair(c.total),
    phases: c.phases.map((p) => ({ name: p.name, ...pair(p) })),
    waits: c.waits.map(({ phase, category, syscall, target, text: words, ...p }) => ({
      phase,
      category,
      syscall,
      target,
      text: words,
      ...pair(p),
    })),
    calls: c.calls.map((x) => ({
      comm: x.comm,
      name: x.name,
      before: x.before,
      after: x.after,
      failed_before: x.failedBefore,
      failed_after: x.failedAfter,
    })),
  };
}

function text(what: { before: string; after: string }, c: Comparison): string {
  const change = (c.total.after - c.total.before) * 1e9;
  const lines = [
    `before: ${safe(what.before)}`,
    `after:  ${safe(what.after)}`,
    "",
    `${signed(change)}: ${seconds(c.total.before)} before, ${seconds(c.total.after)} after`,
    "",
    `Phases${"before".padStart(18)}${"after".padStart(11)}${"change".padStart(11)}`,
    ...c.phases.map(
      (p) =>
        `  ${p.name.padEnd(14)}${seconds(p.before).padStart(8)}${seconds(p.after).padStart(11)}${signed((p.after - p.before) * 1e9).padStart(11)}`,
    ),
  ];
  if (c.waits.length > 0) lines.push("", "Waits that changed, largest change first");
  for (const w of c.waits.slice(0, MAX_LINES)) {
    const how = w.before === 0 ? "new" : w.after === 0 ? "gone" : `was ${seconds(w.before)}`;
    lines.push(
      `  ${signed((w.after - w.before) * 1e9).padStart(9)}  ${how}: ${w.category}, ${w.phase}: ${safe(w.text)}`.slice(
        0,
        160,
      ),
    );
  }
  if (c.calls.length > 0) lines.push("", "Calls made much more or less often");
  for (const x of c.calls.slice(0, MAX_LINES)) {
    const failed =
      x.failedAfter > 0 || x.failedBefore > 0
        ? ` (failed: ${round(x.failedBefore)} -> ${round(x.failedAfter)})`
        : "";
    lines.push(`  ${safe(x.comm)}: ${x.name} ${round(x.before)} -> ${round(x.after)}${failed}`);
  }
  if (c.waits.length === 0 && c.calls.length === 0) lines.push("", "Nothing else differs.");
  return `${lines.join("\n")}\n`;
}

const round = (n: number): string => String(Math.round(n));
const seconds = (s: number): string => duration(s * 1e9);
const signed = (ns: number): string => `${ns < 0 ? "-" : "+"}${duration(Math.abs(ns))}`;

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        last: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`diff: ${(error as Error).message}\n${USAGE}`, 2);
  }
}
