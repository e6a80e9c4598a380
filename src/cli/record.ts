/** `svtrace record -o FILE [-p PID | -- command]`: records one command, or a running process. */
import { realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { signalNumber } from "../abi/signals.ts";
import { oneLine, UsageError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { tell } from "../base/stderr.ts";
import type { EngineKind } from "../capture/choose.ts";
import { attachBelow } from "../capture/tree.ts";
import { inherited } from "../kernel/inherited.ts";
import { dieBy } from "../kernel/own-signals.ts";
import { environment } from "../kernel/spawn.ts";
import { commOf } from "../kernel/tasks.ts";
import { serviceDirOf } from "../record/locate.ts";
import { LOG } from "../record/names.ts";
import { followed, isUtf8 } from "./export-file.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { RecordSession } from "./record-session.ts";
import { askRecorder } from "./recorder-client.ts";
import { findProgram } from "./strace/program.ts";

/** Signals that a command which is recorded gets in our stead: how it ends of them is part of the recording. */
const ending = { SIGHUP: 1, SIGTERM: 15 } as const;
/** How long a recorder may take to write (ms). */
const SAVE_PATIENCE = 10_000;

export async function main(argv: string[]): Promise<number> {
  const parsed = parse(argv);
  if ("save" in parsed) return save(parsed.save);
  const { pid, command } = parsed;
  const file = await placeFor(parsed.file);
  const session = new RecordSession({
    file,
    engine: parsed.engine,
    service: pid === undefined ? basename(command[0]) : (commOf(pid) ?? String(pid)),
    lifetime: { pid: pid ?? 0, attached: pid !== undefined },
  });
  const { engine, sink } = session;
  // before there is a command that somebody could take for a reason to send one
  let interrupted = false;
  let letGo = false;
  const release = () => {
    letGo ||= !session.isOver;
    session.release();
  };
  process.on("SIGINT", () => {
    // The terminal sent it to the command as well; a second one lets go of it.
    if (pid !== undefined || interrupted || session.isOver) release();
    interrupted = true;
  });
  for (const [name, signal] of Object.entries(ending)) {
    // as under nohup
    if (inherited?.ignored.has(signal)) continue;
    process.on(name, () => (pid !== undefined || session.isOver ? release() : engine.killStarted(signal)));
  }
  if (pid !== undefined) {
    engine.attach(pid);
    attachBelow(engine, [pid]);
    makeRoom(file);
  } else {
    const failed = (error: Error) => tell(`svtrace record: ${printable(error.message)}\n`);
    const path = findProgram(command[0]);
    makeRoom(file);
    sink.lifetime.pid = engine.start({ path, argv: command, env: environment(), failed });
  }
  const failure = await session.run();
  if (sink.lossCount > 0) tell(`svtrace record: ${file}: ${sink.lossCount} events lost in all\n`);
  if (failure !== undefined) tell(`svtrace record: ${file}: ${failure}\n`);
  if (pid !== undefined || letGo) return failure === undefined ? 0 : 1;
  return passOn(sink.lifetime.status, sink.lifetime.signal);
}

/** Has a service's flight recorder written down. */
async function save(target: string): Promise<number> {
  const dir = serviceDirOf(target);
  if (!dir) throw new UsageError(`${target}: not a recorded service (it has no trace/recordings)`);
  const reply = await askRecorder(dirname(dir), { op: "save", dir }, SAVE_PATIENCE);
  if (typeof reply?.saved !== "number")
    throw new UsageError(`${target}: no recorder answers; is svtrace up running?`);
  process.stdout.write(`${reply.saved} calls saved\n`);
  return 0;
}

/** Ends the way the command did. */
function passOn(status: number | null, signal: string | null): number {
  if (signal === null) return status ?? 0;
  const signo = signalNumber(signal);
  return signo === undefined ? 1 : dieBy(signo);
}

type Parsed =
  | { save: string }
  | { file: string; pid: number | undefined; command: string[]; engine: "auto" | EngineKind };

function parse(argv: string[]): Parsed {
  const program = table("record");
  const { values, operands: command } = parseArguments(program, argv);
  const [output, attach, service] = ["output", "attach", "save"].map((o) => values.get(o));
  if (service !== undefined) {
    if (output || attach || command.length > 0) throw wrong(program, "--save goes with nothing else");
    return { save: service };
  }
  const wanted = values.get("engine") ?? "auto";
  const engine = (["auto", "bpf", "ptrace"] as const).find((e) => e === wanted);
  if (!engine) throw wrong(program, `unknown engine ${wanted}`);
  if (!output) throw wrong(program, "-o FILE is needed");
  if ((attach === undefined) === (command.length === 0)) {
    throw wrong(program, "a command, or a process by -p PID, is needed: one of them");
  }
  const pid = attach === undefined ? undefined : Number(attach);
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0)) {
    throw wrong(program, `${attach}: not a process id`);
  }
  return { file: output, pid, command: [...command], engine };
}

/**
 * The path of a recording to be made. What is there is replaced if it is a recording: adding to it would mix two lifetimes. Throws
 * UsageError for anything else but an empty file.
 */
async function placeFor(output: string): Promise<string> {
  if (!isUtf8(output)) throw new UsageError(`${output}: a recording's name must be UTF-8`, 1);
  const found = statSync(output, { throwIfNoEntry: false });
  if (!found) return resolve(followed(output));
  if (!found.isFile())
    throw new UsageError(`${output}: not a regular file; a recording needs one of its own`, 1);
  const file = realpathSync(output);
  if (found.size > 0) {
    const { readRecording } = await import("../record/reader.ts");
    await readRecording(file, { calls: false }).catch((error) => {
      throw new UsageError(`${oneLine(error)}; not overwritten`, 1);
    });
  }
  return file;
}

/** Removes an old recording: not before there is something to take its place. */
function makeRoom(file: string): void {
  for (const old of [file, file + LOG]) rmSync(old, { force: true });
}
