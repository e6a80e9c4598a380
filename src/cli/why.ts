/** `svtrace why [SERVICEDIR|RECORDING] [--json]`: where the time of the last restart went. */

import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { isatty } from "node:tty";
import { analyse } from "../analyse/analyse.ts";
import { median } from "../analyse/compare.ts";
import { history } from "../analyse/history.ts";
import { onlyRuns } from "../analyse/phases.ts";
import { analyseRunning } from "../analyse/running.ts";
import type { Report } from "../analyse/types.ts";
import type { Scale } from "../analyse/verdict.ts";
import { jsonOf } from "../base/json.ts";
import { printable } from "../base/printable.ts";
import { tell } from "../base/stderr.ts";
import { coloured } from "./colour.ts";
import { load } from "./history.ts";
import { table } from "./options/index.ts";
import { type Arguments, parseArguments, wrong } from "./options/parse.ts";
import type { Program } from "./options/types.ts";
import { flushRecorder } from "./recorder-client.ts";
import { print } from "./stdout.ts";
import { reportText } from "./why-text.ts";

const SECONDS = 30;
/** So many lifetimes back are looked at for what is usual. */
const EARLIER = 10;

interface View {
  /** Everything is shown, however short. */
  readonly all: boolean;
  readonly json: boolean;
  readonly colours: boolean;
}

export async function main(argv: string[]): Promise<number> {
  const program = table("why");
  const { values, operands } = parseArguments(program, argv);
  const view = {
    all: values.has("all"),
    json: values.has("json"),
    colours: coloured(program, values.get("color")),
  };
  if (values.has("attach")) return running(program, values, view);
  const { locate, loadPair } = await import("../record/locate.ts");
  const target = operands[0] ?? ".";
  const path = await afterFlush(target, locate);
  const pair = await loadPair(path);
  const { current } = pair;
  const runs = onlyRuns(current);
  // what was recorded before one that runs is another story
  const previous = runs ? undefined : pair.previous;
  const report = runs
    ? analyseRunning(current)
    : analyse(current, previous, { all: view.all, ...(previous && (await earlierLengths(path))) });
  await show(
    report,
    view,
    `Recording: ${printable(path)}\n${previous ? `   before: ${printable(basename(previous.path))}\n` : ""}`,
  );
  return 0;
}

async function show(report: Report, view: View, where: string): Promise<void> {
  if (view.json) await print(`${jsonOf(reportJson(report), 2)}\n`);
  else await print(reportText(report, view.colours, view.all) + where);
}

/** How long (s) the restarts before the recording `path` took. */
async function earlierLengths(path: string): Promise<Pick<Scale, "usual" | "longest">> {
  const { recordings } = await load(dirname(path), basename(path), EARLIER);
  const totals = history(recordings)
    .rows.filter((r) => r.kind === "restart")
    .map((r) => r.total);
  return totals.length > 0 ? { usual: median(totals), longest: Math.max(...totals) } : {};
}

/** Records a running process for a while and reports. */
async function running(program: Program, values: Arguments["values"], view: View): Promise<number> {
  const pid = Number(values.get("attach"));
  if (!(Number.isInteger(pid) && pid > 0)) throw wrong(program, `${values.get("attach")}: not a process id`);
  const seconds = Number(values.get("seconds") ?? SECONDS);
  if (!(seconds > 0)) throw wrong(program, `--seconds ${values.get("seconds")}: must be a positive number`);
  const engine = (["auto", "bpf", "ptrace"] as const).find((e) => e === (values.get("engine") ?? "auto"));
  if (!engine) throw wrong(program, `unknown engine ${values.get("engine")}`);
  const output = values.get("output");
  const [{ recordRunning }, { readRecording }] = await Promise.all([
    import("./record-running.ts"),
    import("../record/reader.ts"),
  ]);
  if (isatty(2)) tell(`recording ${pid} for ${seconds} s; Ctrl-C reports now\n`);
  const { file, forget } = await recordRunning({ pid, seconds, engine, file: output });
  try {
    await show(
      analyseRunning(await readRecording(file)),
      view,
      output ? `Recording: ${printable(file)}\n` : "",
    );
  } finally {
    forget();
  }
  return 0;
}

/** The report in its documented form. */
export function reportJson(report: Report): unknown {
  const { lifetime } = report;
  const unix = (ts: number | null) => (ts === null ? null : (ts + lifetime.anchor) / 1e9);
  return {
    lifetime: {
      kind: report.kind,
      service: lifetime.service,
      dir: lifetime.dir,
      pid: lifetime.pid,
      started: unix(lifetime.started),
      ready: unix(lifetime.ready),
      ready_by: lifetime.ready_by,
      asked: report.asked,
      asked_by: report.askedBy,
      died: unix(lifetime.died),
      ended: unix(lifetime.ended),
      status: lifetime.status,
      signal: lifetime.signal,
      host: lifetime.host,
      engine: lifetime.engine,
    },
    deaths: report.deaths,
    total_seconds: report.total,
    usual_seconds: report.usual ?? null,
    phases: report.phases.map(({ name, seconds }) => ({ name, seconds })),
    verdict: report.verdict,
    hint: report.hint,
    causes: report.causes.map((c) => ({
      rank: c.rank,
      seconds: c.seconds,
      share: c.share,
      category: c.category,
      kind: c.kind,
      text: c.text,
      syscall: c.syscall,
      target: c.target,
      pid: c.pid,
      comm: c.comm,
      phase: c.phase,
      count: c.count,
      evidence: c.evidence,
    })),
    unattributed_seconds: report.unattributed,
    tracing_seconds: report.tracing,
    ...(report.idle === undefined ? {} : { idle_seconds: report.idle }),
    notes: report.notes,
    lost: report.lost,
  };
}

/** Locates the recording once the recorder, if one runs for it, has written what it holds. */
async function afterFlush(target: string, locate: (target: string) => string): Promise<string> {
  let path: string | undefined;
  try {
    path = locate(target);
  } catch (error) {
    // The first recording may exist in the recorder's memory only.
    if (!(await flushRecorder(resolve(target))) || !existsSync(target)) throw error;
    return locate(target);
  }
  // SERVICE/trace/recordings/NAME
  const service = dirname(dirname(dirname(resolve(path))));
  return (await flushRecorder(dirname(service), service)) ? locate(target) : path;
}
