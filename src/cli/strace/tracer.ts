/** Puts sinks, outputs and an engine together as the settings ask, and runs them to the end. */
import { setImmediate as turn } from "node:timers/promises";
import { errnoText } from "../../abi/errno.ts";
import { SysError, UsageError } from "../../base/errors.ts";
import type { Engine } from "../../capture/engine.ts";
import type { EventSink, ExitEvent, Task } from "../../capture/event.ts";
import { createPtraceEngine } from "../../capture/ptrace/engine.ts";
import { refuseDebugger } from "../../kernel/signals.ts";
import { interruptBy, waitStopped } from "../../kernel/tracewait.ts";
import { Counter } from "../../render/counts.ts";
import { command, separate, single } from "../../render/destinations.ts";
import { type Destinations, LineWriter } from "../../render/line-writer.ts";
import { Output, openFile } from "../../render/output.ts";
import { addNames } from "./names.ts";
import { pathFilter } from "./path-filter.ts";
import { commandOf } from "./program.ts";
import { hint, type StraceSettings } from "./settings.ts";
import { both } from "./tee.ts";

/** Also how late a file shows what has happened. */
const WAIT_MS = 100;
const SIGINT = 2;
const numbers = { SIGHUP: 1, SIGINT, SIGQUIT: 3, SIGTERM: 15 } as const;

/** How a trace ended, for our own exit status. */
export interface Ending {
  readonly status: number;
  /** End by this signal instead. */
  readonly signal: number | undefined;
}

export class Tracer {
  readonly engine: Engine;
  private readonly stderr = new Output(2, true, false);
  private readonly destinations: Destinations & { close(): void };
  private readonly counter: Counter | undefined;
  private shell = 0;
  private mainPid = 0;
  private ending: Ending = { status: 0, signal: undefined };
  private interrupted = 0;
  /** Called when a task ends; `run` uses it to know when a lifetime is over. */
  onExited: ((task: Task) => void) | undefined;

  constructor(private readonly s: StraceSettings) {
    addNames(s.text.decode, s);
    this.destinations = this.openOutput();
    const sinks: EventSink[] = [];
    if (s.count !== "none") {
      this.counter = new Counter({ wall: s.wall, sort: s.sort, columns: s.columns, overhead: s.overhead });
      sinks.push(this.counter);
    }
    if (s.count !== "only") {
      sinks.push(new LineWriter(s.text, this.destinations, (text) => this.say(text), pathFilter(s.paths)));
    }
    for (const warning of s.warnings) this.say(warning);
    this.engine = createPtraceEngine(both(sinks, this.watch()), {
      followForks: s.follow,
      wanted: s.trace && ((abi, nr) => s.trace!.has(abi, nr)),
      seccomp: s.seccomp,
      detachOnExec: s.detachOnExec,
      killOnExit: s.killOnExit,
      cpuTimes: s.count !== "none" && !s.wall,
      onIdle: () => this.destinations.flush(),
    });
  }

  private openOutput(): Destinations & { close(): void } {
    const { s } = this;
    const { output } = s;
    if (output === undefined) return single(this.stderr, s.follow || s.pids.length > 1 ? "multi" : "none");
    if (output.startsWith("|") || output.startsWith("!")) {
      if (s.separately)
        throw hint(s.text.program, "piping the output and -ff/--output-separately are mutually exclusive");
      const piped = command(output.slice(1));
      this.shell = piped.pid;
      return single(piped.output, s.follow ? "file" : "none");
    }
    try {
      if (s.separately) return separate(output, s.append);
      return single(openFile(output, s.append), s.follow || s.pids.length > 1 ? "file" : "none");
    } catch (error) {
      if (error instanceof SysError) throw new UsageError(`Can't fopen '${output}': ${error.text}`);
      throw error;
    }
  }

  /** A message of our own, on stderr. */
  say(text: string): void {
    this.stderr.write(`${this.s.text.program}: ${text}\n`);
    this.stderr.flush();
  }

  /** Starts the command of the settings. */
  start(): void {
    this.mainPid = this.engine.start(commandOf(this.s));
  }

  /** Attaches to the processes of the settings; at least one must be left. */
  attach(): void {
    for (const pid of this.s.pids) {
      try {
        this.engine.attach(pid);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        this.say(`attach: ${error.call}: ${error.text}`);
        if (error.hint !== undefined) this.say(error.hint.replace(/^Operation not permitted; /, ""));
      }
    }
    if (this.engine.tasks().length === 0) throw new UsageError("");
  }

  /** Follows a process that is about to exec. */
  adopt(pid: number): void {
    this.mainPid = pid;
    this.engine.adopt(pid);
  }

  /** Notes how the command ends. */
  private watch(): Partial<EventSink> {
    const watcher: Partial<EventSink> = {
      // until the command's exec has returned
      exit: (task: Task) => {
        if (task.tid !== this.mainPid || !task.call.name.startsWith("execve")) return;
        if (task.call.error !== 0) this.say(`exec: ${errnoText(task.call.error)}`);
        watcher.exit = undefined;
      },
      exited: (task: Task, event: ExitEvent) => {
        if (task.tid === this.mainPid) this.ending = { status: event.status ?? 1, signal: event.signal };
        this.onExited?.(task);
      },
    };
    return watcher;
  }

  /** Signals of our own: what is fatal waits until the call being printed is whole. */
  handleSignals(): void {
    refuseDebugger();
    const never =
      (this.s.interruptible ?? (this.s.output !== undefined && this.s.command.length > 0 ? 3 : 2)) >= 3;
    for (const [name, n] of Object.entries(numbers)) {
      process.on(name as NodeJS.Signals, () => {
        if (!never) this.interrupted = n;
      });
    }
    interruptBy(Object.values(numbers));
  }

  /** Runs until nothing is traced, `stop` says so, or a signal ends it. */
  async run(stop: () => boolean = () => false): Promise<Ending> {
    while (this.engine.step(WAIT_MS) > 0 && !stop()) {
      await turn();
      if (this.interrupted !== 0) break;
    }
    if (this.interrupted !== 0) {
      this.engine.killStarted(this.interrupted);
      this.ending = { status: 1, signal: this.interrupted };
    }
    this.engine.detach();
    this.finish();
    return this.ending;
  }

  private finish(): void {
    if (this.counter) {
      const { s } = this;
      const table = this.counter.table();
      if (s.output === undefined) this.stderr.write(table);
      else this.destinations.of(undefined as never).write(table);
    }
    this.destinations.flush();
    this.stderr.flush();
    this.destinations.close();
    if (this.shell > 0) waitStopped(this.shell);
  }
}
