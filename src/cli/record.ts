/** `svtrace record -o FILE [-p PID | -- command]`: records one command, or a running process. */
import { accessSync, constants, existsSync, rmSync, statSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { signalNumber } from "../abi/signals.ts";
import { UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { createPtraceEngine } from "../capture/ptrace/engine.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { dieBy } from "../kernel/signals.ts";
import { environment } from "../kernel/spawn.ts";
import { commOf } from "../kernel/tasks.ts";
import { clockAnchor, sinkParts } from "../record/parts.ts";
import { WriteQueue } from "../record/queue.ts";
import { RecordingSink } from "../record/sink.ts";
import { version } from "./version.ts";

const USAGE = `usage: svtrace record -o FILE [-p PID | -- command [argument ...]]
Records every system call of a command and its children, or of a running process until you press Ctrl-C.`;
const WAIT = 20;
/** A flush is due after this long (ns) or this many calls. */
const FLUSH_INTERVAL = 2e9;
const FLUSH_CALLS = 20_000;

export async function main(argv: string[]): Promise<number> {
  const { file, pid, command } = parse(argv);
  const anchor = clockAnchor();
  const queue = new WriteQueue();
  const started = monotonicNow();
  const sink = new RecordingSink({
    ...sinkParts(),
    path: file,
    everything: true,
    threshold: 0,
    lifetime: {
      pid: pid ?? 0,
      service: pid === undefined ? basename(command[0]) : (commOf(pid) ?? String(pid)),
      started,
      anchor,
      attached: pid !== undefined,
      version,
    },
  });
  const engine = createPtraceEngine(sink, { followForks: true });
  if (pid !== undefined) engine.attach(pid);
  else {
    sink.lifetime.pid = engine.start({ path: findProgram(command[0]), argv: command, env: environment() });
  }
  let letGo = false;
  process.on("SIGINT", () => {
    // The terminal sent it to the command as well; a second one lets go of it.
    if (pid !== undefined || interrupted) letGo = true;
    interrupted = true;
  });
  process.on("SIGTERM", () => {
    if (pid !== undefined) letGo = true;
    else engine.killStarted(15);
  });
  let interrupted = false;
  let flushed = monotonicNow();
  let writing: Promise<void> | undefined;
  let failure: string | undefined;
  const flush = async (): Promise<void> => {
    const batch = sink.take(monotonicNow());
    if (!batch) return;
    await queue.write(batch).catch((error: Error) => {
      failure ??= error.message;
      sink.lost(batch.calls.count, "calls that could not be written");
    });
  };
  let worked = true;
  let tasks = 1;
  while (tasks > 0 && !letGo) {
    const before = sink.waiting;
    tasks = engine.step(worked ? 0 : WAIT);
    worked = sink.waiting !== before;
    const now = monotonicNow();
    sink.tick(now);
    if (!writing && (now - flushed > FLUSH_INTERVAL || sink.waiting > FLUSH_CALLS)) {
      flushed = now;
      writing = flush().finally(() => (writing = undefined));
    }
    await turn();
  }
  if (letGo) {
    engine.detach();
    sink.lifetime.written = monotonicNow();
  }
  await writing;
  await flush();
  await queue.close();
  if (failure !== undefined) {
    tell(`svtrace record: ${file}: ${failure}\n`);
    return 1;
  }
  if (pid !== undefined || letGo) return 0;
  return passOn(sink.lifetime.status, sink.lifetime.signal);
}

/** Ends the way the command did. */
function passOn(status: number | null, signal: string | null): number {
  if (signal === null) return status ?? 0;
  const signo = signalNumber(signal);
  if (signo !== undefined) dieBy(signo);
  return 1;
}

function parse(argv: string[]): { file: string; pid: number | undefined; command: string[] } {
  const split = argv.indexOf("--");
  const own = split < 0 ? argv : argv.slice(0, split);
  let values: { output?: string; attach?: string; help?: boolean };
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: own,
      allowPositionals: true,
      options: {
        output: { type: "string", short: "o" },
        attach: { type: "string", short: "p" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new UsageError(`record: ${(error as Error).message}\n${USAGE}`, 2);
  }
  if (values.help) throw new UsageError(USAGE, 0);
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
  return { file, pid, command };
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
