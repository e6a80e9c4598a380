/** `svtrace record -o FILE [-p PID | -- command]`: records one command, or a running process. */
import { accessSync, constants, existsSync, rmSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../base/errors.ts";
import type { EngineKind } from "../capture/choose.ts";
import { environment } from "../kernel/spawn.ts";
import { commOf } from "../kernel/tasks.ts";
import { serviceDirOf } from "../record/locate.ts";
import { RecordSession } from "./record-session.ts";
import { askRecorder } from "./recorder-client.ts";

const USAGE = `usage: svtrace record [--engine auto|bpf|ptrace] -o FILE [-p PID | -- command [argument ...]]
       svtrace record --save SERVICEDIR
Records every system call of a command and its children, or of a running process until you press Ctrl-C.
With --save: has the recorder of a running service write down the last seconds, which it holds in memory.`;
/** How long a recorder may take to write (ms). */
const SAVE_PATIENCE = 10_000;

export async function main(argv: string[]): Promise<number> {
  const parsed = parse(argv);
  if ("save" in parsed) return save(parsed.save);
  const { file, pid, command } = parsed;
  const session = new RecordSession({
    file,
    engine: parsed.engine,
    service: pid === undefined ? basename(command[0]) : (commOf(pid) ?? String(pid)),
    lifetime: { pid: pid ?? 0, attached: pid !== undefined },
  });
  const { engine, sink } = session;
  if (pid !== undefined) engine.attach(pid);
  else {
    sink.lifetime.pid = engine.start({ path: findProgram(command[0]), argv: command, env: environment() });
  }
  let interrupted = false;
  let letGo = false;
  const release = () => {
    letGo = true;
    session.release();
  };
  process.on("SIGINT", () => {
    // The terminal sent it to the command as well; a second one lets go of it.
    if (pid !== undefined || interrupted) release();
    interrupted = true;
  });
  process.on("SIGTERM", () => (pid !== undefined ? release() : engine.killStarted(15)));
  const failure = await session.run();
  if (failure !== undefined) {
    process.stderr.write(`svtrace record: ${file}: ${failure}\n`);
    return 1;
  }
  if (pid !== undefined || letGo) return 0;
  return passOn(sink.lifetime.status, sink.lifetime.signal);
}

/** Has a service's flight recorder written down. */
async function save(target: string): Promise<number> {
  const dir = serviceDirOf(target);
  if (!dir) throw new UsageError(`record: ${target}: not a recorded service (it has no trace/recordings)`);
  const reply = await askRecorder(dirname(dir), { op: "save", dir }, SAVE_PATIENCE);
  if (typeof reply?.saved !== "number")
    throw new UsageError(`record: ${target}: no recorder answers; is svtrace up running?`);
  process.stdout.write(`${reply.saved} calls saved\n`);
  return 0;
}

/** Ends the way the command did. */
function passOn(status: number | null, signal: string | null): number {
  if (signal === null) return status ?? 0;
  try {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal as NodeJS.Signals);
  } catch {
    // a signal Node does not know
  }
  return 1;
}

type Parsed =
  | { save: string }
  | { file: string; pid: number | undefined; command: string[]; engine: "auto" | EngineKind };

function parse(argv: string[]): Parsed {
  const split = argv.indexOf("--");
  const own = split < 0 ? argv : argv.slice(0, split);
  let values: { output?: string; attach?: string; engine?: string; save?: string; help?: boolean };
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: own,
      allowPositionals: true,
      options: {
        output: { type: "string", short: "o" },
        attach: { type: "string", short: "p" },
        engine: { type: "string" },
        save: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new UsageError(`record: ${(error as Error).message}\n${USAGE}`, 2);
  }
  if (values.help) throw new UsageError(USAGE, 0);
  if (values.save !== undefined) {
    if (values.output || values.attach || positionals.length > 0) throw new UsageError(USAGE, 2);
    return { save: values.save };
  }
  const engine = (["auto", "bpf", "ptrace"] as const).find((e) => e === (values.engine ?? "auto"));
  if (!engine) throw new UsageError(`record: unknown engine ${values.engine}\n${USAGE}`, 2);
  const command = [...positionals, ...(split < 0 ? [] : argv.slice(split + 1))];
  if (!values.output) throw new UsageError(`record: -o FILE is needed\n${USAGE}`, 2);
  if ((values.attach === undefined) === (command.length === 0)) throw new UsageError(USAGE, 2);
  const pid = values.attach === undefined ? undefined : Number(values.attach);
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0)) {
    throw new UsageError(`record: ${values.attach}: not a process id`, 2);
  }
  const file = resolve(values.output);
  if (existsSync(file)) {
    // Adding to another command's recording would mix two lifetimes; overwriting a foreign file would be worse.
    if (!file.endsWith(".duckdb") && statSync(file).size > 0) {
      throw new UsageError(
        `record: ${values.output}: exists and does not end in .duckdb; not overwritten`,
        1,
      );
    }
    rmSync(file);
    rmSync(`${file}.wal`, { force: true });
  }
  return { file, pid, command, engine };
}

function findProgram(name: string): string {
  if (name.includes("/")) return name;
  for (const dir of (process.env.PATH ?? "/usr/bin:/bin").split(delimiter)) {
    const path = join(dir || ".", name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not here
    }
  }
  throw new UsageError(`record: ${name}: command not found`, 1);
}
