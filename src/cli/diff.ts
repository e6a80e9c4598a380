/** `svtrace diff A B` or `svtrace diff SERVICEDIR`: what one restart did that another (or the usual one) did not. */

import { basename, dirname, join } from "node:path";
import { type Comparison, compare, medianProfile, type Profile, profile } from "../analyse/compare.ts";
import { beginning } from "../analyse/phases.ts";
import { duration } from "../analyse/words.ts";
import { UsageError } from "../base/errors.ts";
import { jsonOf } from "../base/json.ts";
import { printable } from "../base/printable.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { flushRecorder } from "./recorder-client.ts";
import { print } from "./stdout.ts";
import { wrap } from "./why-text.ts";

const LAST = 10;
const MAX_LINES = 10;
const WIDTH = 100;

export async function main(argv: string[]): Promise<number> {
  const program = table("diff");
  const { values, operands } = parseArguments(program, argv);
  const last = Number(values.get("last") ?? LAST);
  if (!Number.isInteger(last) || last < 1) throw wrong(program, `--last ${values.get("last")}: not a number`);
  const { serviceDirOf, locate } = await import("../record/locate.ts");
  for (const p of operands) {
    const dir = serviceDirOf(p);
    if (dir) await flushRecorder(dirname(dir), dir);
  }
  const paths = operands.map((p) => locate(p));
  const after = { path: paths.at(-1)!, profile: await load(paths.at(-1)!) };
  const before = paths.length === 2 ? await one(paths[0]) : await usual(after.path, after.profile.kind, last);
  const found = compare(before.profile, after.profile);
  const what = { before: before.name, after: after.path };
  if (values.has("json")) await print(`${jsonOf({ ...what, ...json(found) }, 2)}\n`);
  else await print(diffText(what, found));
  return 0;
}

interface Side {
  readonly name: string;
  readonly profile: Profile;
}

async function one(path: string): Promise<Side> {
  return { name: path, profile: await load(path) };
}

/** The median of the `last` restarts before that of `path`; where that is a start, of starts. */
async function usual(path: string, kind: Profile["kind"], last: number): Promise<Side> {
  const { listRecordings } = await import("../record/names.ts");
  const dir = dirname(path);
  const earlier = listRecordings(dir).filter((n) => n < basename(path));
  const profiles: Profile[] = [];
  for (const name of earlier.reverse()) {
    if (profiles.length === last) break;
    try {
      const one = await load(join(dir, name));
      if (one.kind === kind) profiles.push(one);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  if (profiles.length === 0)
    throw new UsageError(`${path}: no earlier ${kind} is recorded to compare it with`);
  const name =
    profiles.length === 1 ? `the ${kind} before` : `the median of ${profiles.length} ${kind}s before`;
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

/** The report for people: totals, phases, then what differs most. */
export function diffText(what: { before: string; after: string }, c: Comparison): string {
  const change = (c.total.after - c.total.before) * 1e9;
  const lines = [
    `before: ${printable(what.before)}`,
    `after:  ${printable(what.after)}`,
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
    const lead = `  ${signed((w.after - w.before) * 1e9).padStart(9)}  `;
    const what = printable(`${how}: ${w.category}, ${w.phase}: ${w.text}`);
    lines.push(
      ...wrap(what, WIDTH - lead.length, "").map((l, i) => (i === 0 ? lead : " ".repeat(lead.length)) + l),
    );
  }
  if (c.calls.length > 0) lines.push("", "Calls made much more or less often");
  for (const x of c.calls.slice(0, MAX_LINES)) {
    const failed =
      x.failedAfter > 0 || x.failedBefore > 0
        ? ` (failed: ${round(x.failedBefore)} -> ${round(x.failedAfter)})`
        : "";
    const count = `${round(x.before)} -> ${round(x.after)}`;
    lines.push(printable(`  ${x.comm}: ${x.name} ${count}${failed}`));
  }
  if (c.waits.length === 0 && c.calls.length === 0) lines.push("", "Nothing else differs.");
  return `${lines.join("\n")}\n`;
}

const round = (n: number): string => String(Math.round(n));
const seconds = (s: number): string => duration(s * 1e9);
const signed = (ns: number): string => `${ns < 0 ? "-" : "+"}${duration(Math.abs(ns))}`;
