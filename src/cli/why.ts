/** `svtrace why [SERVICEDIR|RECORDING] [--json]`: where the time of the last restart went. */
import { existsSync } from "node:fs";
import net from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { analyse } from "../analyse/analyse.ts";
import { analyseRunning } from "../analyse/running.ts";
import type { Report } from "../analyse/types.ts";
import { UsageError } from "../base/errors.ts";
import { print } from "./stdout.ts";
import { reportText } from "./why-text.ts";

const USAGE = `usage: svtrace why [--json] [SERVICEDIR|RECORDING]
       svtrace why [--json] -p PID [--seconds N] [-o FILE] [--engine auto|bpf|ptrace]
Says where the time of a service's last restart (or of a recorded command) went.
Without an argument: the newest recording in or below the current directory.
With -p: records a running process, its threads and new children for 30 seconds (or N, or until Ctrl-C), and says what
they waited for; -o keeps the recording.`;
const SECONDS = 30;
/** The recorder gets this long (ms) to write what it has. */
const FLUSH_PATIENCE = 3000;

interface Values {
  json?: boolean;
  help?: boolean;
  color?: string;
  attach?: string;
  seconds?: string;
  output?: string;
  engine?: string;
}

export async function main(argv: string[]): Promise<number> {
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        color: { type: "string" },
        attach: { type: "string", short: "p" },
        seconds: { type: "string" },
        output: { type: "string", short: "o" },
        engine: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(`why: ${(error as Error).message}\n${USAGE}`, 2);
  }
  if (parsed.values.help) {
    console.log(USAGE);
    return 0;
  }
  if (parsed.positionals.length > 1) throw new UsageError(USAGE, 2);
  if (parsed.values.attach !== undefined) return running(parsed.values);
  const { locate, loadPair } = await import("../record/locate.ts");
  const target = parsed.positionals[0] ?? ".";
  const path = await afterFlush(target, locate);
  const { current, previous } = await loadPair(path);
  const report =
    current.lifetime.attached && !previous ? analyseRunning(current) : analyse(current, previous);
  await show(
    report,
    parsed.values,
    `Recording: ${path}\n${previous ? `   before: ${basename(previous.path)}\n` : ""}`,
  );
  return 0;
}

async function show(report: Report, values: Values, where: string): Promise<void> {
  if (values.json) return print(`${JSON.stringify(reportJson(report), undefined, 2)}\n`);
  const colours = process.stdout.isTTY && !process.env.NO_COLOR && values.color !== "never";
  await print(reportText(report, colours || values.color === "always") + where);
}

/** Records a running process for a while and reports. */
async function running(values: Values): Promise<number> {
  const pid = Number(values.attach);
  if (!(Number.isInteger(pid) && pid > 0)) throw new UsageError(`${values.attach}: not a process id`, 2);
  const seconds = Number(values.seconds ?? SECONDS);
  if (!(seconds > 0)) throw new UsageError(`--seconds ${values.seconds}: must be a positive number`, 2);
  const engine = (["auto", "bpf", "ptrace"] as const).find((e) => e === (values.engine ?? "auto"));
  if (!engine) throw new UsageError(`unknown engine ${values.engine}`, 2);
  const [{ recordRunning }, { readRecording }] = await Promise.all([
    import("./record-running.ts"),
    import("../record/reader.ts"),
  ]);
  if (process.stderr.isTTY) process.stderr.write(`recording ${pid} for ${seconds} s; Ctrl-C reports now\n`);
  const { file, forget } = await recordRunning({ pid, seconds, engine, file: values.output });
  try {
    await show(
      analyseRunning(await readRecording(file)),
      values,
      values.output ? `Recording: ${file}\n` : "",
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
    total_seconds: report.total,
    phases: report.phases.map(({ name, seconds }) => ({ name, seconds })),
    verdict: report.verdict,
    hint: report.hint,
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
