/** The library: `import { trace, why } from "svtrace"`. What the programs do, without their command lines. */
import { setImmediate as turn } from "node:timers/promises";
import { errnoName } from "./abi/errno.ts";
import { signalName } from "./abi/signals.ts";
import { analyse } from "./analyse/analyse.ts";
import type { Report } from "./analyse/types.ts";
import type { EventSink, ExitEvent, SignalEvent, Task } from "./capture/event.ts";
import type { Memory } from "./capture/memory.ts";
import { createPtraceEngine } from "./capture/ptrace/engine.ts";
import { findProgram } from "./cli/strace/program.ts";
import { Decoder } from "./decode/call.ts";
import { defaultOptions } from "./decode/options.ts";
import { environment } from "./kernel/spawn.ts";
import { returnText } from "./render/returns.ts";
import { defaultText } from "./render/settings.ts";
import { TextSink } from "./render/text-sink.ts";

export type { Cause, Phase, Report } from "./analyse/types.ts";

/** One thing that happened in a traced program. Times are CLOCK_MONOTONIC nanoseconds. */
export type TraceEvent =
  | {
      readonly kind: "syscall";
      readonly time: number;
      readonly duration: number;
      readonly pid: number;
      readonly tid: number;
      readonly name: string;
      /** Arguments and result as strace prints them. */
      readonly args: string;
      readonly result: string;
      /** Errno name, if the call failed. */
      readonly error: string | undefined;
    }
  | {
      readonly kind: "signal";
      readonly time: number;
      readonly pid: number;
      readonly tid: number;
      readonly name: string;
    }
  | {
      readonly kind: "exit";
      readonly time: number;
      readonly pid: number;
      readonly tid: number;
      readonly status: number | undefined;
      readonly signal: string | undefined;
    };

export interface TraceOptions {
  /** Follow children (default true). */
  readonly followForks?: boolean;
  /** Bytes of strings shown (default 32). */
  readonly stringLimit?: number;
}

/** Batches are handed over at least this often (ms). */
const WAIT_MS = 20;

/**
 * Runs a command, or attaches to a running process, and yields what it does. Ending the iteration early detaches;
 * a started command is left running. Must be used from one thread. Throws SysError or UsageError.
 */
export async function* trace(
  target: readonly string[] | number,
  options: TraceOptions = {},
): AsyncGenerator<TraceEvent> {
  const collected: TraceEvent[] = [];
  const engine = createPtraceEngine(new Collector(collected, options.stringLimit ?? 32), {
    followForks: options.followForks ?? true,
  });
  if (typeof target === "number") engine.attach(target);
  else engine.start({ path: findProgram(target[0]), argv: target, env: environment() });
  try {
    for (let left = 1; left > 0; ) {
      left = engine.step(WAIT_MS);
      yield* collected.splice(0);
      await turn();
    }
  } finally {
    engine.detach();
  }
}

/** Says where the time of a recording went; with a service directory, that of its last restart. Throws UsageError. */
export async function why(path: string): Promise<Report> {
  const { loadPair, locate } = await import("./record/locate.ts");
  const { current, previous } = await loadPair(locate(path));
  return analyse(current, previous);
}

/** Records a command into a DuckDB file, as `svtrace record` does. Returns the command's exit status. */
export async function record(file: string, command: readonly string[]): Promise<number> {
  const { main } = await import("./cli/record.ts");
  return main(["-o", file, "--", ...command]);
}

class Collector implements EventSink {
  private readonly settings = defaultText("svtrace");
  private readonly sink: TextSink;
  private readonly decoder: Decoder;
  private readonly begun = new Map<Task, { text: string; complete: boolean }>();

  constructor(
    private readonly events: TraceEvent[],
    stringLimit: number,
  ) {
    const options = { ...defaultOptions(), stringLimit };
    this.settings.decode = options;
    this.sink = new TextSink(options);
    this.decoder = new Decoder(this.sink, options);
  }

  newTask(): void {}

  enter(task: Task, memory: Memory): void {
    this.sink.line = "";
    this.sink.begin();
    const complete = this.decoder.enter(task, memory);
    this.begun.set(task, {
      text: !complete && this.sink.any ? `${this.sink.line}, ` : this.sink.line,
      complete,
    });
  }

  exit(task: Task, memory: Memory): void {
    const { call, pid, tid } = task;
    const begun = this.begun.get(task);
    this.sink.line = begun?.text ?? "";
    this.sink.resume();
    if (!begun?.complete) this.decoder.exitArgs(task, memory);
    this.events.push({
      kind: "syscall",
      time: call.entry,
      duration: call.exit - call.entry,
      pid,
      tid,
      name: call.name,
      args: this.sink.line,
      result: returnText(task, this.settings),
      error: call.error ? errnoName(call.error) : undefined,
    });
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    this.events.push({
      kind: "signal",
      time: now,
      pid: task.pid,
      tid: task.tid,
      name: signalName(event.signo),
    });
  }

  stopped(): void {}
  exec(): void {}
  superseded(task: Task): void {
    this.begun.delete(task);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    this.begun.delete(task);
    const signal = event.signal === undefined ? undefined : signalName(event.signal);
    this.events.push({ kind: "exit", time: now, pid: task.pid, tid: task.tid, status: event.status, signal });
  }

  detached(task: Task): void {
    this.begun.delete(task);
  }

  lost(): void {}
}
