/** The ptrace engine: complete, and needs no privilege beyond strace's. */
import { readdirSync, readFileSync } from "node:fs";
import { syscallCount } from "../../abi/syscalls.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import * as trace from "../../kernel/ptrace.ts";
import type { Spawned } from "../../kernel/spawn.ts";
import * as wait from "../../kernel/tracewait.ts";
import type { Command, Engine, EngineFactory, EngineOptions } from "../engine.ts";
import { type EventSink, Task } from "../event.ts";
import { CallTable, takeEntry, takeExit } from "./calls.ts";
import { detachAll } from "./detach.ts";
import { LiveMemory } from "./live-memory.ts";
import { startStopped } from "./start.ts";
import { classify, stopSignal } from "./stops.ts";

const CLONE_THREAD = 0x10000;
const SIGCONT = 18;
/** Stops handled before `step` returns to its caller. */
const BATCH = 512;
const SPIN_MIN = 4;
const SPIN_MAX = 128;
/** A stop of a task nobody announced is taken as a new task after this many milliseconds. */
const ORPHAN_MS = 100;

/** What only this engine knows of a task. */
interface State {
  task: Task;
  /** Nothing is reported until the exec. */
  hidden: boolean;
  /** The call under way is not wanted. */
  skipped: boolean;
}

class PtraceEngine implements Engine {
  private readonly states = new Map<number, State>();
  private readonly started = new Map<number, Spawned>();
  private readonly memory = new LiveMemory();
  private readonly calls: CallTable;
  private readonly flags: number;
  /** Stops of tasks whose parent has not told of them yet. */
  private readonly early = new Map<number, { status: number; at: number }>();
  private readonly queue: number[] = [];
  private spins = SPIN_MIN;
  private readonly poll: (pid?: number) => number;

  constructor(
    private readonly sink: EventSink,
    private readonly options: EngineOptions,
  ) {
    const o = trace.options;
    this.calls = new CallTable(options.wanted);
    this.poll = options.cpuTimes ? wait.pollUsage : wait.poll;
    this.flags =
      o.TRACESYSGOOD |
      o.TRACEEXEC |
      (options.followForks ? o.TRACEFORK | o.TRACEVFORK | o.TRACECLONE : 0) |
      (options.seccomp ? o.TRACESECCOMP : 0) |
      (options.killOnExit ? o.EXITKILL : 0);
  }

  start(command: Command): number {
    const child = startStopped(command, this.options.seccomp ? this.seccompCalls() : undefined);
    this.started.set(child.pid, child);
    trace.seize(child.pid, this.flags);
    this.add(new Task(child.pid, child.pid, 0), true, false);
    return child.pid;
  }

  attach(pid: number): void {
    const tids = this.options.followForks ? threadsOf(pid) : [pid];
    for (let round = tids; round.length > 0; ) {
      for (const tid of round) this.attachThread(tid, pid);
      round = this.options.followForks ? threadsOf(pid).filter((t) => !this.states.has(t)) : [];
    }
  }

  private attachThread(tid: number, pid: number): void {
    try {
      trace.seize(tid, this.flags);
    } catch (error) {
      // a thread may have ended since it was listed
      if (tid === pid) throw error;
      return;
    }
    trace.interrupt(tid);
    this.add(new Task(tid, pid, 0), false, true);
  }

  adopt(pid: number): void {
    trace.seize(pid, this.flags);
    if (!isStopped(pid)) trace.interrupt(pid);
    this.add(new Task(pid, pid, 0), true, false);
  }

  private add(task: Task, hidden: boolean, attached: boolean): State {
    const state = { task, hidden, skipped: false };
    task.born = monotonicNow();
    this.states.set(task.tid, state);
    this.sink.newTask(task, attached);
    return state;
  }

  step(maxWait: number): number {
    for (let n = 0; n < BATCH && this.states.size > 0; n++) {
      let found = this.next();
      if (found === wait.NOTHING) {
        this.claimOrphans();
        if (maxWait === 0) break;
        this.options.onIdle?.();
        found = wait.waitFor(maxWait);
        if (found === wait.NOTHING) break;
      }
      if (found === wait.NO_CHILDREN) {
        this.allGone();
        break;
      }
      this.dispatch(wait.found.pid, wait.found.status);
    }
    return this.states.size;
  }

  /**
   * The next stop, without waiting for long. With several tasks all that is ready is queued first, so that a busy
   * one cannot starve the others. Asking a few times more costs less than sleeping and being woken.
   */
  private next(): number {
    if (this.queue.length > 0) return this.fromQueue();
    let found = this.poll();
    for (let i = 0; found === wait.NOTHING && i < this.spins; i++) found = this.poll();
    if (found === wait.NOTHING) this.spins = Math.max(SPIN_MIN, this.spins >> 1);
    else this.spins = Math.min(SPIN_MAX, this.spins + 8);
    if (found > 0 && this.states.size > 1) {
      do {
        this.queue.push(wait.found.pid, wait.found.status);
      } while (this.queue.length < 2 * this.states.size && this.poll() > 0);
      return this.fromQueue();
    }
    return found;
  }

  private fromQueue(): number {
    wait.found.pid = this.queue.shift()!;
    wait.found.status = this.queue.shift()!;
    return wait.found.pid;
  }

  private dispatch(pid: number, status: number): void {
    const stop = classify(status);
    const state = this.states.get(pid);
    if (!state) {
      if (stop === "exited" || stop === "killed") {
        this.early.delete(pid);
        this.options.onOtherExit?.(pid, status);
      } else this.early.set(pid, { status, at: monotonicNow() });
      return;
    }
    if (this.options.cpuTimes) state.task.systemTime = wait.systemTime();
    this.memory.at(pid);
    switch (stop) {
      case "syscall":
        this.onSyscall(state);
        break;
      case "seccomp":
        this.onSeccomp(state);
        break;
      case "fork":
      case "vfork":
      case "clone":
        this.onChild(state, stop === "clone");
        break;
      case "exec":
        this.onExec(state);
        break;
      case "group-stop":
        this.onGroupStop(state, stopSignal(status));
        break;
      case "signal":
        this.onSignal(state, stopSignal(status));
        break;
      case "exited":
      case "killed":
        this.onExit(state, status);
        break;
      default:
        this.resume(state, 0);
    }
  }

  private onSyscall(state: State): void {
    const { task } = state;
    if (!trace.syscallInfo(task.tid)) return;
    if (trace.info.op === 1) this.onEntry(state);
    else if (trace.info.op === 2 && task.inCall) {
      task.inCall = false;
      task.call.exit = monotonicNow();
      takeExit(task.call);
      if (!state.hidden && !state.skipped) this.sink.exit(task, this.memory);
    }
    this.resume(state, 0);
  }

  private onEntry(state: State): void {
    const { task } = state;
    const wanted = takeEntry(task.call, this.calls);
    if (state.hidden && (task.call.name === "execve" || task.call.name === "execveat")) state.hidden = false;
    task.inCall = true;
    state.skipped = !wanted;
    task.call.entry = monotonicNow();
    if (!state.hidden && wanted) this.sink.enter(task, this.memory);
  }

  private onSeccomp(state: State): void {
    if (!trace.syscallInfo(state.task.tid)) return;
    this.onEntry(state);
    trace.resumeSyscall(state.task.tid, 0);
  }

  private onChild(parent: State, maybeThread: boolean): void {
    const tid = trace.eventMessage(parent.task.tid);
    if (tid > 0 && !this.states.has(tid)) {
      const thread = maybeThread && isThread(parent.task, tid);
      const hidden = parent.hidden;
      this.add(new Task(tid, thread ? parent.task.pid : tid, parent.task.tid), hidden, false);
      this.replayEarly(tid);
      this.memory.at(parent.task.tid);
    }
    this.resume(parent, 0);
  }

  private replayEarly(tid: number): void {
    const stopped = this.early.get(tid);
    if (!stopped) return;
    this.early.delete(tid);
    this.dispatch(tid, stopped.status);
  }

  /** A task whose parent died before it could tell of it. */
  private claimOrphans(): void {
    if (this.early.size === 0) return;
    const now = monotonicNow();
    for (const [tid, stopped] of this.early) {
      if (now - stopped.at < ORPHAN_MS * 1e6) continue;
      const pid = Number(/^Tgid:\t(\d+)/m.exec(readStatus(tid))?.[1] ?? tid);
      this.add(new Task(tid, pid, 0), false, false);
      this.replayEarly(tid);
    }
  }

  private onExec(state: State): void {
    const former = trace.eventMessage(state.task.tid);
    const now = monotonicNow();
    let current = state;
    const execer = former > 0 && former !== state.task.tid ? this.states.get(former) : undefined;
    if (execer) {
      this.sink.superseded(state.task, former, now);
      this.states.delete(former);
      execer.task.tid = state.task.tid;
      this.states.set(state.task.tid, execer);
      current = execer;
    }
    this.releaseStarted(current.task.tid);
    if (!current.hidden) this.sink.exec(current.task, former, now);
    if (this.options.detachOnExec && !this.started.has(current.task.tid)) {
      trace.detach(current.task.tid, 0);
      this.states.delete(current.task.tid);
      this.sink.detached(current.task);
      return;
    }
    this.resume(current, 0);
  }

  /** The memory a child shared with us until its exec can go. */
  private releaseStarted(pid: number): void {
    this.started.get(pid)?.release();
  }

  private onGroupStop(state: State, signal: number): void {
    const { task } = state;
    if (state.hidden) {
      trace.listen(task.tid);
      process.kill(task.pid, SIGCONT);
      return;
    }
    this.sink.stopped(task, signal, monotonicNow());
    trace.listen(task.tid);
  }

  private onSignal(state: State, signal: number): void {
    if (!state.hidden) {
      this.sink.signal(state.task, { signo: signal, info: trace.signalInfo(state.task.tid) }, monotonicNow());
    }
    this.resume(state, signal);
  }

  private onExit(state: State, status: number): void {
    const { task } = state;
    this.states.delete(task.tid);
    this.releaseStarted(task.tid);
    const signal = status & 0x7f;
    this.sink.exited(
      task,
      signal === 0
        ? { status: (status >> 8) & 0xff, signal: undefined, coreDumped: false }
        : { status: undefined, signal, coreDumped: (status & 0x80) !== 0 },
      monotonicNow(),
    );
  }

  private resume(state: State, signal: number): void {
    const { tid, inCall } = state.task;
    // with a filter installed, unwanted calls run through
    if (this.options.seccomp && !state.hidden && !inCall) trace.resume(tid, signal);
    else trace.resumeSyscall(tid, signal);
  }

  /** wait4 knows of no tracee: whatever we still believe in has ended unseen. */
  private allGone(): void {
    const lost = this.states.size;
    for (const state of this.states.values()) this.sink.detached(state.task);
    this.states.clear();
    if (lost > 0) this.sink.lost(lost, "tasks ended without telling the tracer");
  }

  private seccompCalls(): number[] {
    const wanted = [59, 322];
    for (let nr = 0; nr < syscallCount("x86_64"); nr++)
      if (this.options.wanted?.("x86_64", nr) ?? true) wanted.push(nr);
    return wanted;
  }

  tasks(): number[] {
    return [...this.states.keys()];
  }

  detach(): void {
    detachAll(
      [...this.states.values()].map((s) => s.task),
      this.sink,
      (pid, status) => this.options.onOtherExit?.(pid, status),
    );
    this.states.clear();
  }

  killStarted(signal: number): void {
    for (const pid of this.started.keys()) if (this.states.has(pid)) process.kill(pid, signal);
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}

function readStatus(tid: number): string {
  try {
    return readFileSync(`/proc/${tid}/status`, "latin1");
  } catch {
    return "";
  }
}

const isStopped = (pid: number): boolean => /^State:\t[Tt]/m.test(readStatus(pid));

/** clone() says it in its flags; clone3() hides them in memory, so /proc is asked. */
function isThread(parent: Task, tid: number): boolean {
  if (parent.call.name === "clone") return (parent.call.args[0] & CLONE_THREAD) !== 0;
  return new RegExp(`^Tgid:\\t${parent.pid}$`, "m").test(readStatus(tid));
}

export const createPtraceEngine: EngineFactory = (sink, options) => new PtraceEngine(sink, options);
