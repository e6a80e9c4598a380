/** Puts sinks, outputs and an engine together as the settings ask, and runs them to the end. */
import { setImmediate as turn } from "node:timers/promises";
import { syscallName } from "../../abi/syscalls.ts";
import { SysError, UsageError } from "../../base/errors.ts";
import type { BpfOptions } from "../../capture/bpf/engine.ts";
import { type Chosen, createEngine } from "../../capture/choose.ts";
import type { Engine } from "../../capture/engine.ts";
import type { EventSink, ExitEvent, Task } from "../../capture/event.ts";
import type { Tampering } from "../../capture/injection.ts";
import { Stacks } from "../../capture/ptrace/stacks.ts";
import { refuseDebugger } from "../../kernel/own-signals.ts";
import { canFilter } from "../../kernel/seccomp.ts";
import { interruptBy, waitStopped } from "../../kernel/tracewait.ts";
import { type CountLine, countTable, furtherCalls } from "../../render/count-table.ts";
import { Counter } from "../../render/counts.ts";
import { command, separate, single } from "../../render/destinations.ts";
import { type Destinations, LineWriter } from "../../render/line-writer.ts";
import { Output, openFile } from "../../render/output.ts";
import { frameText } from "../../render/stack-text.ts";
import { WholeLines } from "../../render/whole-lines.ts";
import { backlogPlace } from "../backlog.ts";
import { catchUp } from "../catch-up.ts";
import { addNames } from "./names.ts";
import { pathFilter } from "./path-filter.ts";
import { commandOf, execText } from "./program.ts";
import { hint, type StraceSettings } from "./settings.ts";
import { both } from "./tee.ts";

/** Also how late a file shows what has happened. */
const WAIT_MS = 100;
/** Bytes of events that take a while to be shown. */
const MUCH = 1e8;
const SIGINT = 2;
/** -I never; what is above it takes no SIGTSTP either. */
const NEVER = 3;
/** A reader of the trace that has gone away is one, too. */
const numbers = { SIGHUP: 1, SIGINT, SIGQUIT: 3, SIGPIPE: 13, SIGTERM: 15 } as const;

/** How a trace ended, for our own exit status. */
export interface Ending {
  readonly status: number;
  /** End by this signal instead. */
  readonly signal: number | undefined;
}

type Filter = ReturnType<typeof pathFilter>;

/** What `svtrace trace` does otherwise than strace. */
export interface Extras {
  /** What shows events instead of strace's lines. */
  readonly lines?: (destinations: Destinations, filter: Filter) => EventSink & { readonly lossCount: number };
  readonly engine?: Partial<BpfOptions>;
  /** Called while there is nothing to do. */
  readonly onIdle?: () => void;
  /** Where the trace goes without -o; 2 if not given. */
  readonly fd?: number;
  /** What the engine has counted so far; undefined where it does not. */
  readonly counted?: (chosen: Chosen) => CountLine[] | undefined;
  /** Writes counts otherwise than strace does. */
  readonly table?: (lines: CountLine[], whole: boolean) => string;
  /** What calls are counted by, and what that is called. */
  readonly by?: { readonly head: string; readonly key?: (task: Task) => string };
}

/** What -I is when it is not given. Of -D, the command is not ours to end, and goes on without us. */
function interruptible({ daemonize, output, command }: StraceSettings): number {
  if (daemonize > 0) return NEVER + 1;
  return output !== undefined && command.length > 0 ? NEVER : NEVER - 1;
}

export class Tracer {
  readonly engine: Engine;
  readonly chosen: Chosen;
  private readonly stderr = new Output(2, true, false);
  private readonly destinations: Destinations & { close(): void };
  private readonly counter: Counter | undefined;
  private lines: { readonly lossCount: number } | undefined;
  private shell = 0;
  private mainPid = 0;
  private ending: Ending = { status: 0, signal: undefined };
  private undivided = 0;
  private interrupted = 0;
  /** Called when a task ends; `run` uses it to know when a lifetime is over. */
  onExited: ((task: Task) => void) | undefined;

  constructor(
    private readonly s: StraceSettings,
    private readonly extras: Extras = {},
  ) {
    addNames(s.text.decode, s);
    this.destinations = this.openOutput();
    const stacks = s.stack && s.count !== "only" ? new Stacks(frameText, s.stackFrames) : undefined;
    if (stacks) s.text.stack = (task) => stacks.text(task);
    const sinks: EventSink[] = [];
    if (s.count !== "none") {
      this.counter = new Counter({
        wall: s.wall,
        overhead: s.overhead,
        by: extras.by?.key,
        head: extras.by?.head,
        filter: pathFilter(s.paths),
        message:
          s.count === "only" && !extras.table && !s.text.quiet.has("attach")
            ? (text) => this.say(text)
            : undefined,
      });
      sinks.push(this.counter);
    }
    if (s.count !== "only" && extras.lines) {
      const lines = extras.lines(this.destinations, pathFilter(s.paths));
      this.lines = lines;
      sinks.push(lines);
    } else if (s.count !== "only") {
      const filter = pathFilter(s.paths);
      const lines = new LineWriter(s.text, this.destinations, (text) => this.say(text), filter);
      // what a path filter lets through depends on more than the call
      this.lines = lines;
      sinks.push(filter ? lines : new WholeLines(s.text, this.destinations, lines));
    }
    if (s.seccomp && !canFilter()) {
      s.seccomp = false;
      s.warnings.push("seccomp filter is requested but unavailable");
    }
    for (const warning of s.warnings) this.say(warning);
    const sink = both(sinks, (task, event) => this.exited(task, event));
    this.chosen = createEngine(s.engine, sink, {
      followForks: s.follow,
      // what has no name is in every set
      wanted: s.trace && ((abi, nr) => s.trace!.has(abi, nr) || syscallName(abi, nr) === undefined),
      seccomp: s.seccomp,
      tampering: s.injections.length === 0 ? undefined : this.tampering(),
      onMapChange: stacks && ((pid) => stacks.forget(pid)),
      detachOnExec: s.detachOnExec,
      killOnExit: s.killOnExit,
      cpuTimes: s.count !== "none" && !s.wall,
      scheduling: s.count !== "none" && !s.wall,
      onIdle: () => {
        this.destinations.flush();
        extras.onIdle?.();
      },
      stringLimit: s.text.decode.stringLimit,
      pointers: s.text.showPointer,
      entries: s.order === "strace",
      backlog: backlogPlace(),
      ...extras.engine,
    });
    this.engine = this.chosen.engine;
  }

  private tampering(): Tampering {
    return {
      rules: this.s.injections,
      applies: pathFilter(this.s.paths),
      complain: (text) => {
        this.destinations.flush();
        this.say(text);
      },
    };
  }

  private openOutput(): Destinations & { close(): void } {
    const { s } = this;
    const { output } = s;
    const several = s.follow || s.pids.length + Math.min(1, s.command.length) > 1;
    const broken = (name: string, why: string) => this.say(`${name}: ${why}`);
    if (output === undefined && this.extras.fd === 1) return single(new Output(1, true, false), "none");
    if (output === undefined) return single(this.stderr, several ? "multi" : "none");
    if (output.startsWith("|") || output.startsWith("!")) {
      if (s.separately)
        throw hint(s.text.program, "piping the output and -ff/--output-separately are mutually exclusive");
      const piped = command(output.slice(1));
      this.shell = piped.pid;
      piped.output.onBroken = (why) => broken(output, why);
      return single(piped.output, several ? "file" : "none");
    }
    try {
      if (s.separately) return separate(output, s.append, broken);
      const file = openFile(output, s.append);
      file.onBroken = (why) => broken(output, why);
      return single(file, several ? "file" : "none");
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
    const failed = (error: SysError) => this.say(execText(error));
    this.mainPid = this.engine.start({ ...commandOf(this.s), failed });
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
  private exited(task: Task, event: ExitEvent): void {
    if (task.tid === this.mainPid) this.ending = { status: event.status ?? 1, signal: event.signal };
    this.onExited?.(task);
  }

  /** Signals of our own: what is fatal waits until the call being printed is whole. */
  handleSignals(): void {
    refuseDebugger();
    const level = this.s.interruptible ?? interruptible(this.s);
    const never = level >= NEVER;
    if (level > NEVER) process.on("SIGTSTP", () => {});
    for (const [name, n] of Object.entries(numbers)) {
      process.on(name as NodeJS.Signals, () => {
        if (!never) this.interrupted = n;
      });
    }
    interruptBy(Object.values(numbers));
  }

  /** Runs until nothing is traced, `stop`, which is asked every `every` ms at least, says so, or a signal ends it. */
  async run(stop: () => boolean = () => false, every = WAIT_MS): Promise<Ending> {
    while (this.engine.step(Math.min(every, WAIT_MS)) > 0 && !stop()) {
      await turn();
      if (this.interrupted !== 0) break;
    }
    if (this.interrupted !== 0) {
      this.engine.killStarted(this.interrupted);
      this.ending = { status: 1, signal: this.interrupted };
    }
    // what the kernel counted goes with the engine
    const counts = this.extras.counted?.(this.chosen);
    this.engine.detach(await this.givesUp());
    this.finish(counts);
    return this.ending;
  }

  /** Shows what waits, unless another signal comes: returns true then. */
  private async givesUp(): Promise<boolean> {
    const { engine } = this;
    this.interrupted = 0;
    const once = () => {
      engine.step(0);
      return turn();
    };
    const announce = (bytes: number) => {
      if (bytes <= MUCH) return;
      const megabytes = Math.round(bytes / 1e6);
      this.say(`${megabytes} MB of events are still to be shown; interrupt again to give them up`);
    };
    await catchUp(engine, once, () => this.interrupted !== 0, announce);
    return this.interrupted !== 0;
  }

  /** What has been counted so far. */
  counted(): CountLine[] {
    return this.extras.counted?.(this.chosen) ?? this.counter?.lines ?? [];
  }

  /** Shows a table of it: of an interval, under a line of its own, or of everything. */
  showCounts(lines: CountLine[], interval?: string): void {
    const { s } = this;
    const { sort, columns } = s;
    const { table, by } = this.extras;
    const text =
      table?.(lines, interval === undefined) ??
      (interval ?? "") + countTable(lines, { sort, columns, head: by?.head });
    this.destinations.of(undefined as never).write(text);
    this.destinations.flush();
  }

  /** Events that were lost. */
  private get lossCount(): number {
    return (this.lines ?? this.counter)?.lossCount ?? 0;
  }

  /** Events were lost, or there was no room to tell calls apart that were counted. */
  get incomplete(): boolean {
    return this.lossCount + this.undivided > 0;
  }

  private finish(counts: CountLine[] | undefined): void {
    const lines = counts ?? this.counter?.lines ?? [];
    this.undivided = furtherCalls(lines);
    // strace shows no empty table
    if (this.counter && (lines.length > 0 || this.extras.table)) this.showCounts(lines);
    this.destinations.flush();
    if (this.lossCount > 0) this.say(`${this.lossCount} events lost in all`);
    this.stderr.flush();
    this.destinations.close();
    if (this.shell > 0) waitStopped(this.shell);
  }
}
