/** The tracer behind `svtrace run` and -D; not for people. Arguments: PID, descriptor to answer on, program name, options. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { monotonicNow } from "../kernel/clock.ts";
import { duplicateOnto } from "../kernel/fds.ts";
import { startedAt } from "../kernel/proc.ts";
import { parentOf } from "../kernel/tasks.ts";
import { HeldDir } from "../record/held-dir.ts";
import { expire, listRecordings, nextRecordingName, realDir, recordingsDir } from "../record/names.ts";
import { readSettings } from "../record/settings.ts";
import { RecordSession } from "./record-session.ts";
import { parseRun, RUN, type RunSettings } from "./run-options.ts";
import { parseSettings } from "./strace/settings.ts";
import { Tracer } from "./strace/tracer.ts";

export async function main(argv: string[]): Promise<number> {
  const [pid, answer, program, ...options] = argv;
  const fd = Number(answer);
  const { strace: s, until, record } = parse(program, options);
  if (record !== undefined) return recordInto(resolve(record), Number(pid), fd, until);
  let tracer: Tracer;
  if (s.seccomp) {
    // it would outlive us, and what it reports fails where there is no tracer
    s.seccomp = false;
    s.warnings.push("--seccomp-bpf is not enabled for a command that the tracer does not start");
  }
  try {
    // files of tasks to come are opened when we are elsewhere
    if (s.separately && s.output !== undefined) s.output = fromHere(s.output);
    tracer = new Tracer(s);
    tracer.handleSignals();
    tracer.adopt(Number(pid));
    tracer.attach();
  } catch (error) {
    writeSync(fd, `${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  if (s.daemonize > 0 && !s.text.quiet.has("attach")) tracer.say(`Process ${pid} attached`);
  writeSync(fd, "ok\n");
  closeSync(fd);
  letGoOfSurroundings(s.output !== undefined);
  const over = lifetimeOver(tracer, Number(pid), until);
  await tracer.run(over);
  return 0;
}

/** strace's -D knows none of run's options. */
function parse(program: string, argv: readonly string[]): RunSettings {
  if (program === RUN) return parseRun(argv);
  return { strace: parseSettings(program, argv), until: "all", record: undefined };
}

/** Records the lifetime of `pid`, with the settings that a `trace/` directory beside DIR holds. */
async function recordInto(dir: string, pid: number, fd: number, until: string): Promise<number> {
  let session: RecordSession;
  try {
    const service = serviceOf(dir);
    const settings = readSettings(service);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // the service may be renamed while it runs
    const { path } = new HeldDir(dir);
    const previous = listRecordings(path).at(-1) ?? null;
    const file = join(path, nextRecordingName(path, Date.now() * 1e6, pid));
    session = new RecordSession({
      file,
      engine: settings.engine,
      service: basename(service),
      settings,
      lifetime: {
        pid,
        started: startedAt(pid) ?? monotonicNow(),
        dir: service,
        previous,
        supervisor: parentOf(pid) ?? 0,
      },
    });
    session.engine.adopt(pid);
    expire(path, settings, new Set([file]));
  } catch (error) {
    writeSync(fd, `${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  writeSync(fd, "ok\n");
  closeSync(fd);
  letGoOfSurroundings(true);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => session.release());
  const { lifetime } = session.sink;
  const grace = Number(until.slice("main+".length) || 0) * 1e9;
  await session.run(
    () => until !== "all" && lifetime.died !== null && monotonicNow() >= lifetime.died + grace,
  );
  return 0;
}

/** SERVICE for SERVICE/trace/recordings, else the directory the command runs in. */
function serviceOf(dir: string): string {
  return recordingsDir(dirname(dirname(dir))) === dir ? realDir(dirname(dirname(dir))) : process.cwd();
}

/** An absolute path, whatever links there are in it; a pipe is none. */
const fromHere = (path: string): string => (/^[/|!]/.test(path) ? path : `${process.cwd()}/${path}`);

/** The service's directory can be unmounted and its terminal closed while we are still there. */
function letGoOfSurroundings(hasFile: boolean): void {
  process.chdir("/");
  if (!hasFile) return;
  const nowhere = openSync("/dev/null", "r+");
  duplicateOnto(nowhere, 2);
  closeSync(nowhere);
}

/** Says when to let go of what is left. */
function lifetimeOver(tracer: Tracer, pid: number, until: string): () => boolean {
  if (until === "all") return () => false;
  const grace = Number(until.slice("main+".length) || 0) * 1000;
  let over = Infinity;
  tracer.onExited = (task) => {
    if (task.tid === pid) over = performance.now() + grace;
  };
  return () => performance.now() >= over;
}
