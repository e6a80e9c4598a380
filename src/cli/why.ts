/** `svtrace why [SERVICEDIR|RECORDING] [--json]`: where the time of the last restart went. */
import { existsSync } from "node:fs";
import net from "node:net";
import { dirname, join, resolve } from "node:path";
import { analyse } from "../analyse/analyse.ts";
import type { Report } from "../analyse/types.ts";
import { UsageError } from "../base/errors.ts";
import { coloured } from "./colour.ts";
import { table } from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";
import { print } from "./stdout.ts";
import { reportText } from "./why-text.ts";

/** The recorder gets this long (ms) to write what it has. */
const FLUSH_PATIENCE = 3000;

export async function main(argv: string[]): Promise<number> {
  const program = table("why");
  const { values, operands } = parseArguments(program, argv);
  const colours = coloured(program, values.get("color"));
  const { locate, loadPair } = await import("../record/locate.ts");
  const target = operands[0] ?? ".";
  const path = await afterFlush(target, locate);
  const { current, previous } = await loadPair(path);
  const report = analyse(current, previous);
  if (values.has("json")) await print(`${JSON.stringify(reportJson(report), undefined, 2)}\n`);
  else {
    const where = `Recording: ${path}${previous ? `\n   before: ${previous.path}` : ""}\n`;
    await print(reportText(report, colours) + where);
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
    total_seconds: report.total,
    phases: report.phases.map(({ name, seconds }) => ({ name, seconds })),
    verdict: report.verdict,
    causes: report.causes.map((c) => ({
      rank: c.rank,
      seconds: c.seconds,
      category: c.category,
      text: c.text,
      syscall: c.syscall,
      target: c.target,
      pid: c.pid,
      comm: c.comm,
      phase: c.phase,
      evidence: c.evidence,
    })),
    unattributed_seconds: report.unattributed,
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
    if (!(await flush(resolve(target), undefined)) || !existsSync(target)) throw error;
    return locate(target);
  }
  // SERVICE/trace/recordings/NAME
  const service = dirname(dirname(dirname(resolve(path))));
  return (await flush(dirname(service), service)) ? locate(target) : path;
}

/** Asks the recorder of a scan directory to write. False when none runs there. */
function flush(scanDir: string, service: string | undefined): Promise<boolean> {
  const socketPath = [join(scanDir, ".svtrace"), join(dirname(scanDir), ".svtrace")]
    .map((d) => join(d, "recorder.sock"))
    .find((p) => existsSync(p));
  if (!socketPath) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    const done = (ok: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(ok);
    };
    const timer = setTimeout(() => done(false), FLUSH_PATIENCE);
    socket.on("error", () => done(false));
    socket.on("data", () => done(true));
    socket.on("connect", () => socket.write(`${JSON.stringify({ op: "flush", dir: service })}\n`));
  });
}
