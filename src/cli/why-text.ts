/** The report of `svtrace why` as text: at most 100 columns, one screen. */

import { clock } from "../analyse/lines.ts";
import type { Cause, Report } from "../analyse/types.ts";
import { duration } from "../analyse/words.ts";
import { printable } from "../base/printable.ts";
import { localTime, NO_TIME } from "../kernel/localtime.ts";

const WIDTH = 100;
const BAR = 40;
const MAX_CAUSES = 6;
const MAX_EVIDENCE = 3;
const MAX_PROCESSES = 4;
/** Characters of a path that say something. */
const MIN_PATH = 12;
const DOTS = 3;

interface Paint {
  bold: (text: string) => string;
  dim: (text: string) => string;
  colour: (category: string, text: string) => string;
}

const plain: Paint = { bold: (t) => t, dim: (t) => t, colour: (_, t) => t };
const codes: Readonly<Record<string, number>> = {
  cpu: 33,
  runqueue: 33,
  disk: 34,
  network: 35,
  dns: 35,
  lock: 31,
  sleep: 36,
  child: 32,
  ipc: 32,
  memory: 34,
  supervisor: 90,
};
const ansi: Paint = {
  bold: (t) => `\x1b[1m${t}\x1b[0m`,
  dim: (t) => `\x1b[2m${t}\x1b[0m`,
  colour: (category, t) => `\x1b[${codes[category] ?? 0}m${t}\x1b[0m`,
};

/** `all`: every cause with its evidence and every process, on as many screens as that takes. */
export function reportText(report: Report, colours: boolean, all = false): string {
  const paint = colours ? ansi : plain;
  return [
    header(report, paint),
    ...wrap(report.verdict, WIDTH, ""),
    ...(report.hint ? wrap(`Next: ${report.hint}.`, WIDTH, "      ") : []),
    ...report.notes.flatMap((n) => wrap(`Note: ${n}.`, WIDTH, "      ")),
    "",
    ...phases(report, paint),
    ...causes(report, paint, all),
    ...processes(report, paint, all),
    ...losses(report),
    "",
  ].join("\n");
}

function header(report: Report, paint: Paint): string {
  const { lifetime } = report;
  const at = report.when - lifetime.anchor;
  const { date } = localTime(Math.floor(report.when / 1e9)) ?? NO_TIME;
  const by = report.askedBy ? `, asked by ${printable(report.askedBy)}` : "";
  const what = `${printable(lifetime.service)}: ${report.kind} at ${date} ${clock(at, lifetime)}${by}`;
  return clip(what, WIDTH - 20) + `, ${paint.bold(duration(report.total * 1e9))} in all`;
}

function phases(report: Report, paint: Paint): string[] {
  // a running service has one, which says nothing
  if (report.idle !== undefined) return [];
  const out = [paint.bold("Phases")];
  let before = 0;
  for (const p of report.phases) {
    const scale = report.total > 0 ? BAR / report.total : 0;
    const offset = Math.min(BAR - 1, Math.floor(before * scale));
    const length = Math.max(p.seconds > 0 ? 1 : 0, Math.round(p.seconds * scale));
    before += p.seconds;
    const bar = " ".repeat(offset) + "#".repeat(Math.min(length, BAR - offset));
    out.push(
      `  ${p.name.padEnd(14)} ${seconds(p.seconds)} ${percent(p.seconds, report.total)}  ${bar}`.trimEnd(),
    );
  }
  return [...out, ""];
}

function causes(report: Report, paint: Paint, all: boolean): string[] {
  const out = [paint.bold("Causes, longest first")];
  const large = report.causes.filter((c) => c.share >= 0.02 || c.rank <= 2);
  const shown = all ? report.causes : large.slice(0, MAX_CAUSES);
  for (const cause of shown) out.push(...causeText(cause, paint, all));
  const rest = report.causes.slice(shown.length);
  const running = report.idle !== undefined;
  const shared = running ? report.causes.reduce((s, c) => s + c.seconds, 0) : report.total;
  const sum = rest.reduce((s, c) => s + c.seconds, 0);
  if (rest.length > 0)
    out.push(
      `     ${seconds(sum)} ${percent(sum, shared)}  ${rest.length} smaller cause${rest.length > 1 ? "s" : ""}`,
    );
  // of a running service nobody knows whether a thread without a call had nothing to do
  if (report.unattributed >= 0.0005) {
    const share = running ? "    " : percent(report.unattributed, report.total);
    const why =
      report.tracing > report.unattributed / 2
        ? "the cost of tracing"
        : running
          ? "threads that made no call and did not run"
          : "the recording does not say";
    out.push(`     ${seconds(report.unattributed)} ${share}  unattributed: ${why}`);
  }
  return out;
}

function causeText(cause: Cause, paint: Paint, all: boolean): string[] {
  const lead = `${String(cause.rank).padStart(3)}. ${seconds(cause.seconds)} ${percent(cause.share, 1)}  `;
  const indent = " ".repeat(lead.length);
  const who = cause.comm ? `${printable(cause.comm)}[${cause.pid}], ` : "";
  const lines = wrap(
    `${cause.category.padEnd(10)} ${cause.text}; ${who}${cause.phase}`,
    WIDTH - lead.length,
    " ".repeat(11),
  );
  lines[0] = paint.colour(cause.category, lines[0].slice(0, 10)) + paint.bold(lines[0].slice(10));
  const shown = all || cause.share >= 0.1 ? MAX_EVIDENCE : cause.share >= 0.05 ? 1 : 0;
  const evidence = cause.evidence.slice(0, shown).map((e) => paint.dim(`       ${shortened(e, WIDTH - 7)}`));
  return [lead + lines[0], ...lines.slice(1).map((l) => indent + l), ...evidence];
}

function processes(report: Report, paint: Paint, all: boolean): string[] {
  if (report.processes.length === 0) return [];
  const out = ["", paint.bold("Processes             lived    in calls   outside    CPU in all")];
  const limit = all ? report.processes.length : MAX_PROCESSES;
  // those that causes are about come first
  const rank = new Map([...report.causes].reverse().map((c) => [c.pid, c.rank]));
  const rankOf = (pid: number) => rank.get(pid) ?? Number.MAX_VALUE;
  const sorted = [...report.processes].sort((a, b) => rankOf(a.pid) - rankOf(b.pid));
  for (const p of sorted.slice(0, limit)) {
    const who = clip(`${printable(p.comm)}[${p.pid}]`, 16).padEnd(16);
    const cpu = p.cpu === undefined ? "        ?" : seconds(p.cpu);
    const line = `  ${who} ${seconds(p.wall)}  ${seconds(p.waiting)} ${seconds(p.outside)}     ${cpu}  `;
    out.push((line + clip(printable(p.argv), WIDTH - line.length)).trimEnd());
  }
  const more = report.processes.length - limit;
  if (more > 0) out.push(`  and ${more} more`);
  return out;
}

function losses(report: Report): string[] {
  if (report.lost === 0) return [];
  return ["", ...report.losses.map((l) => `Lost: ${l.count} ${printable(l.reason)}`)];
}

function seconds(value: number): string {
  return `${value.toFixed(value < 100 ? 3 : 1).padStart(7)} s`;
}

function percent(value: number, total: number): string {
  return `${total > 0 ? Math.round((100 * value) / total) : 0}%`.padStart(4);
}

/** Shortens a line of evidence: what an errno means goes first, then the beginning of a path, then the middle. */
export function shortened(line: string, width: number): string {
  if (line.length <= width) return line;
  const brief = line.replace(/( = (?:-1|\?) E[A-Z0-9]+) \([^()]*\)/, "$1");
  const path = /"(\/[^"]*)"/.exec(brief)?.[1] ?? "";
  const excess = brief.length - width;
  if (excess <= 0 || path.length <= MIN_PATH + DOTS) return clip(brief, width);
  const kept = Math.max(MIN_PATH, path.length - excess - DOTS);
  return clip(
    brief.replace(path, () => `...${path.slice(path.length - kept)}`),
    width,
  );
}

/** Cuts text to `width` columns; the middle of a strace line goes first, as its end holds result and time. */
export function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.min(32, width >> 1);
  return `${text.slice(0, width - tail - 3)}...${text.slice(text.length - tail)}`;
}

export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > width && line.trim() !== "") {
      lines.push(line);
      line = indent + word;
    } else line = line === "" && lines.length === 0 && word !== "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
