/** The ptrace engine: complete, and needs no privilege beyond strace's. */
import { syscallCount, syscallName } from "../../abi/syscalls.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { comm, status } from "../../kernel/proc.ts";
import * as trace from "../../kernel/ptrace.ts";
import { sendFatal } from "../../kernel/signals.ts";
import type { Spawned } from "../../kernel/spawn.ts";
import { descriptor } from "../../syscalls/index.ts";
import type { Command, Engine, EngineFactory, EngineOptions } from "../engine.ts";
import type { EventSink } from "../event.ts";
import { Pauses } from "../pauses.ts";
import { detachAll } from "./detach.ts";
import { Handlers } from "./handlers.ts";
import { seizeThreads, startSeized } from "./start.ts";
import { TaskTable, Tracee } from "./tasks.ts";
import { Waits } from "./waits.ts";

/** Stops handled before `step` returns to its caller. */
const BATCH = 512;
/** ns after which a stopped task nobody has announced counts as an orphan. */
const ORPHAN_AGE = 5e7;
/** ms; a delay that ends sooner is waited for awake. */
const WORTH_SLEEPING = 0.2;
/** ns between looks for tasks that vanished without a word. */
const CENSUS_EVERY = 1e9;
/** x86_64 numbers of execve and execveat: seen even when not wanted, as the trace starts with one. */
const EXEC_CALLS = [59, 322];

class PtraceEngine implements Engine {
  private readonly table = new TaskTable();
  private readonly started = new Map<number, Spawned>();
  private readonly pauses: Pauses;
  private readonly waits: Waits;
  private readonly handlers: Handlers;
  private readonly flags: number;
  private lastCensus = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly options: EngineOptions,
  ) {
    const o = trace.options;
    this.flags =
      o.TRACESYSGOOD |
      o.TRACEEXEC |
      (options.followForks ? o.TRACEFORK | o.TRACEVFORK | o.TRACECLONE : 0) |
      (options.seccomp ? o.TRACESECCOMP : 0) |
      (options.killOnExit ? o.EXITKILL : 0);
    this.pauses = new Pauses(options.onIdle);
    this.waits = new Waits(options.cpuTimes ?? false, this.pauses);
    this.handlers = new Handlers(sink, options, this.table, (pid) => this.started.get(pid)?.release());
  }

  step(maxWait: number): number {
    const { table, waits, handlers } = this;
    for (let n = 0; n < BATCH && table.size > 0; n++) {
      const patience = handlers.delays.any ? this.patience(maxWait) : maxWait;
      if (!waits.next(patience, table.size > 1 || table.anyHeld)) {
        this.idle();
        break;
      }
      handlers.dispatch(waits.pid, waits.status, waits.stime, waits.drained && n < BATCH - 1);
    }
    waits.done();
    // when nobody is left who could announce them there is nothing to wait for
    if (table.anyHeld) handlers.adoptOrphans(monotonicNow() - (table.size > 0 ? ORPHAN_AGE : 0));
    this.pauses.busy();
    return table.size;
  }

  /** ms to wait: no longer than to the end of the next delay. */
  private patience(maxWait: number): number {
    const next = this.handlers.endDelays() / 1e6;
    // the timer that is armed for a longer wait has to be set anew
    this.waits.done();
    return next < WORTH_SLEEPING ? 0 : Math.min(maxWait, next);
  }

  private idle(): void {
    this.pauses.idle();
    const now = monotonicNow();
    if (!this.waits.empty && now - this.lastCensus < CENSUS_EVERY) return;
    this.lastCensus = now;
    for (const task of [...this.table]) if (this.waits.empty || !isOurs(task.tid)) this.vanished(task);
  }

  /** The kernel drops a traced leader without a word when a thread that is not traced execs (fs/exec.c, de_thread). */
  private vanished(task: Tracee): void {
    this.table.remove(task);
    this.sink.detached(task);
    this.sink.lost(1, "a task vanished: a thread that is not traced called execve");
  }

  start(command: Command): number {
    const child = startSeized(command, this.options.seccomp ? this.filterCalls() : undefined, this.flags);
    this.started.set(child.pid, child);
    const task = new Tracee(child.pid, child.pid, 0);
    task.filtered = this.options.seccomp ?? false;
    this.followToExec(task);
    return child.pid;
  }

  adopt(pid: number): void {
    trace.seize(pid, this.flags);
    if (!/[tT]/.test(status(pid)?.state ?? "")) trace.interrupt(pid);
    this.followToExec(new Tracee(pid, pid, 0));
  }

  private followToExec(task: Tracee): void {
    task.comm = comm(task.tid);
    task.hidden = true;
    task.starting = true;
    task.keepAtExec = true;
    this.handlers.follow(task, false);
  }

  attach(pid: number): void {
    const { followForks } = this.options;
    if (!followForks && this.table.has(pid)) return;
    if (!followForks) {
      trace.seize(pid, this.flags);
      trace.interrupt(pid);
    }
    const tids = followForks ? seizeThreads(pid, this.flags, (tid) => this.table.has(tid)) : [pid];
    const leader = status(pid)?.tgid ?? pid;
    for (const [i, tid] of tids.entries()) {
      const task = new Tracee(tid, leader, 0);
      task.attachedThreads = i === 0 ? tids.length : 0;
      task.comm = comm(tid);
      this.handlers.follow(task, true);
    }
  }

  /** What the seccomp filter reports. */
  private filterCalls(): number[] {
    const { wanted, onMapChange } = this.options;
    const calls = [...EXEC_CALLS];
    const maps = (nr: number) => descriptor(syscallName("x86_64", nr) ?? "")?.classes.includes("memory");
    for (let nr = 0; nr < syscallCount("x86_64"); nr++)
      if ((wanted?.("x86_64", nr) ?? true) || (onMapChange && maps(nr))) calls.push(nr);
    return calls;
  }

  tasks(): number[] {
    return [...this.table].map((t) => t.tid);
  }

  detach(): void {
    detachAll(this.table, this.waits, this.handlers, this.sink);
  }

  killStarted(signal: number): void {
    for (const pid of this.started.keys()) if (this.table.has(pid)) sendFatal(pid, signal);
  }
}

function isOurs(tid: number): boolean {
  return status(tid)?.tracer === process.pid;
}

export const createPtraceEngine: EngineFactory = (sink, options) => new PtraceEngine(sink, options);
