/** `svtrace history SERVICEDIR [--json]`: every restart of a service, how long its phases took, what stands out. */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type History, type HistoryRow, history } from "../analyse/history.ts";
import { readyAt } from "../analyse/phases.ts";
import { duration } from "../analyse/words.ts";
import { UsageError } from "../base/errors.ts";
import { jsonOf } from "../base/json.ts";
import { printable } from "../base/printable.ts";
import { localTime, NO_TIME } from "../kernel/localtime.ts";
import type { Recording } from "../record/model.ts";
import { table } from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";
import { flushRecorder } from "./recorder-client.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const { values, operands } = parseArguments(table("history"), argv);
  const target = operands[0] ?? ".";
  const { serviceDirOf } = await import("../record/locate.ts");
  const dir = serviceDirOf(target);
  if (!dir) throw new UsageError(`${target}: not a recorded service (it has no trace/recordings)`);
  await flushRecorder(dirname(dir), dir);
  const { recordingsDir } = await import("../record/names.ts");
  const { recordings, unreadable } = await load(recordingsDir(dir));
  if (recordings.length === 0) throw new UsageError(`${target}: no recordings yet`);
  const found = history(recordings);
  if (values.has("json")) await print(`${jsonOf({ service: dir, ...json(found), unreadable }, 2)}\n`);
  else await print(historyText(basename(dir), found, unreadable));
  return 0;
}

/** The recordings in a directory, oldest first: all, or the last `count` before the one named `before`. */
export async function load(
  dir: string,
  before?: string,
  count = Number.POSITIVE_INFINITY,
): Promise<{
  recordings: (Recording & { name: string })[];
  unreadable: { recording: string; reason: string }[];
}> {
  const { listRecordings } = await import("../record/names.ts");
  const { readRecording } = await import("../record/reader.ts");
  const recordings: (Recording & { name: string })[] = [];
  const unreadable: { recording: string; reason: string }[] = [];
  const names = listRecordings(dir).filter((n) => before === undefined || n < before);
  for (const name of names.slice(-count)) {
    const path = join(dir, name);
    try {
      const recording = await readRecording(path, { calls: false });
      recordings.push({ ...recording, name, reached: await reached(recording) });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      // an old one may expire between the listing and here
      if (existsSync(path)) unreadable.push({ recording: name, reason: error.message });
    }
  }
  return { recordings, unreadable };
}

/** Where nothing was ready, its calls tell how far the start got; they are not kept, as there may be many. */
async function reached(recording: Recording): Promise<number | undefined> {
  if (recording.lifetime.ready !== null) return undefined;
  const { readRecording } = await import("../record/reader.ts");
  return readyAt(await readRecording(recording.path));
}

function json({ rows, trend }: History): Record<string, unknown> {
  return {
    restarts: rows.map((r) => ({
      recording: r.recording,
      kind: r.kind,
      time: r.when / 1e9,
      asked_by: r.askedBy,
      total_seconds: r.total,
      phases: r.phases,
      ready: r.ready,
      previous_status: r.status,
      previous_signal: r.signal,
      lost: r.lost,
      outlier: r.outlier ?? null,
    })),
    trend: trend ? { ...trend } : null,
  };
}

const PHASES = ["stopping", "finish", "leftovers", "respawn delay", "run script", "starting"];
const widthOf = (phase: string): number => Math.max(9, phase.length);

/** The report for people: a line for each restart, and what stands out. */
export function historyText(
  service: string,
  { rows, trend }: History,
  unreadable: readonly { recording: string }[],
): string {
  // few services have one
  const shown = PHASES.filter((p) => p !== "finish" || rows.some((r) => r.phases.some((x) => x.name === p)));
  const head = `${"when".padEnd(19)} ${"what".padEnd(7)} ${"total".padStart(8)} ${shown.map((p) => p.padStart(widthOf(p))).join(" ")}`;
  const lines = [
    `${printable(service)}: ${rows.length} recorded`,
    "",
    head,
    ...rows.map((r) => line(r, shown)),
  ];
  if (trend) {
    const { count, median, earlier, later, direction } = trend;
    const halves = `${duration(earlier * 1e9)} before, ${duration(later * 1e9)} lately`;
    const how = direction === "steady" ? "no trend" : `getting ${direction}: ${halves}`;
    lines.push("", `${count} restarts, median ${duration(median * 1e9)}; ${how}.`);
  }
  const far = rows.filter((r) => r.outlier !== undefined);
  if (far.length > 0) lines.push("", "Much longer than usual (svtrace diff tells why):");
  for (const r of far)
    lines.push(`  ${stamp(r.when)}  ${r.outlier!.toFixed(1)} times the median  ${printable(r.recording)}`);
  if (unreadable.length > 0)
    lines.push("", `${recordings(unreadable.length)} cannot be read (--json says why).`);
  return `${lines.join("\n")}\n`;
}

const recordings = (count: number): string => `${count} recording${count === 1 ? "" : "s"}`;

function line(r: HistoryRow, shown: readonly string[]): string {
  const seconds = (s: number | undefined, width: number) =>
    (s === undefined ? "-" : duration(s * 1e9)).padStart(width);
  const phases = shown.map((name) => seconds(r.phases.find((p) => p.name === name)?.seconds, widthOf(name)));
  const notes = [
    r.outlier === undefined ? "" : "*",
    r.ready ? "" : "not ready",
    r.signal ? `killed by ${r.signal}` : r.status ? `exited ${r.status}` : "",
    r.lost > 0 ? `${r.lost} lost` : "",
  ].filter((n) => n !== "");
  const text = `${stamp(r.when)} ${r.kind.padEnd(7)} ${seconds(r.total, 8)} ${phases.join(" ")}  ${notes.join(", ")}`;
  return printable(text.trimEnd());
}

function stamp(ns: number): string {
  const { date, clock } = localTime(Math.floor(ns / 1e9)) ?? NO_TIME;
  return `${date} ${clock}`;
}
