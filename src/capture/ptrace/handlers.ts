/** What to do at each kind of stop. Every handler but those of deaths and group-stops lets the task go on. */
import { isIndirect } from "../../abi/syscalls.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { comm, status as procStatus } from "../../kernel/proc.ts";
import * as trace from "../../kernel/ptrace.ts";
import { CallTable } from "../calls.ts";
import type { EngineOptions } from "../engine.ts";
import type { EventSink, ExitEvent } from "../event.ts";
import { fetchResult } from "../indirect.ts";
import { LiveMemory } from "../live-memory.ts";
import { takeEntry, takeExit } from "./calls.ts";
import { Delays } from "./delays.ts";
import {
  classify,
  deathSignal,
  dumpedCore,
  EVENT_CLONE,
  exitStatus,
  isDeath,
  Stop,
  stopEvent,
  stopSignal,
} from "./stops.ts";
import { Tamperer } from "./tamper.ts";
import { type TaskTable, Tracee } from "./tasks.ts";

const SIGCONT = 18;
const CLONE_THREAD = 0x10000;
const PR_SET_NAME = 15;
const OP_ENTRY = 1;
const OP_EXIT = 2;

export class Handlers {
  private readonly memory = new LiveMemory();
  private readonly calls: CallTable;
  private readonly tamperer: Tamperer | undefined;
  /** Tasks that go on when their time has come. */
  readonly delays = new Delays();
  /** The next status is looked for right after the stop in hand, so that its task can go on with that. */
  private resumeLater = false;

  constructor(
    private readonly sink: EventSink,
    private readonly options: EngineOptions,
    private readonly tasks: TaskTable,
    /** A task has left its starter's memory: it has exec'd or died. */
    private readonly onOwnMemory: (pid: number) => void,
  ) {
    this.calls = new CallTable(options.wanted);
    if (options.tampering) this.tamperer = new Tamperer(options.tampering);
  }

  /** Handles a stop or a death. `last` promises that the next thing done is to look for another. */
  dispatch(tid: number, status: number, stime: number, last = false): void {
    this.resumeLater = last;
    const task = this.tasks.get(tid);
    if (!task) {
      this.unknown(tid, status);
      return;
    }
    if (this.options.cpuTimes) task.systemTime = stime;
    const stop = classify(status);
    if (task.leaving && !isDeath(status)) {
      this.release(task, stop, status);
      return;
    }
    this.memory.at(tid);
    switch (stop) {
      case Stop.syscall:
        this.syscall(task);
        break;
      case Stop.seccomp:
        this.filterHit(task);
        break;
      case Stop.signal:
        this.signal(task, stopSignal(status));
        break;
      case Stop.child:
        this.child(task, stopEvent(status) === EVENT_CLONE);
        break;
      case Stop.exec:
        this.exec(task);
        break;
      case Stop.group:
        this.groupStop(task, stopSignal(status));
        break;
      case Stop.exited:
        this.gone(task, { status: exitStatus(status), signal: undefined, coreDumped: false });
        break;
      case Stop.killed:
        this.gone(task, { status: undefined, signal: deathSignal(status), coreDumped: dumpedCore(status) });
        break;
      default:
        this.resume(task, 0);
    }
  }

  /** Starts to follow a task. */
  follow(task: Tracee, attached: boolean): void {
    task.born = monotonicNow();
    this.tasks.add(task);
    this.sink.newTask(task, attached);
  }

  // A request fails only when the task was killed in between; its death is then the next we hear of it.
  private resume(task: Tracee, signal: number): void {
    const toExit =
      task.inCall || (task.skipping && (task.starting || this.options.onMapChange !== undefined));
    trace.resume(task.tid, signal, !task.filtered || toExit, this.resumeLater);
  }

  private syscall(task: Tracee): void {
    if (!trace.syscallInfo(task.tid)) return;
    // entry and exit are told apart by what the kernel says, so nothing can get out of step
    if (trace.info.op === OP_ENTRY) this.entry(task);
    else if (trace.info.op === OP_EXIT) this.exit(task);
    this.proceed(task);
  }

  /** Lets a task go on from a stop at a call, with what was injected there. */
  private proceed(task: Tracee, filtered = false): void {
    const { signalDue, delayDue } = task;
    // the kernel drops a signal given at the stop of a filter: it gets that at the call's exit
    const signal = filtered ? 0 : signalDue;
    if (!filtered) task.signalDue = 0;
    task.delayDue = 0;
    if (delayDue > 0) this.delays.hold(task, signal, monotonicNow() + delayDue);
    else this.resume(task, signal);
  }

  /** Lets those go on whose delay is over. Returns ns to the end of the next. */
  endDelays(): number {
    const now = monotonicNow();
    for (const { task, signal } of this.delays.take(now))
      trace.resume(task.tid, signal, !task.filtered || task.inCall, false);
    return this.delays.untilNext(now);
  }

  private entry(task: Tracee): void {
    const { call } = task;
    const wanted = takeEntry(call, this.calls, this.memory);
    if (task.hidden) {
      if (call.name !== "execve" && call.name !== "execveat") return;
      task.hidden = false;
    }
    task.inCall = wanted;
    task.skipping = !wanted;
    const other = call.abi !== task.abi;
    task.abi = call.abi;
    if (!wanted) {
      if (!other) return;
      call.entry = monotonicNow();
      this.sink.otherAbi?.(task);
      return;
    }
    call.entry = monotonicNow();
    this.tamperer?.enter(task, this.memory);
    this.sink.enter(task, this.memory);
  }

  private exit(task: Tracee): void {
    const { call } = task;
    if ((task.inCall || task.skipping) && call.name === "prctl" && call.args[0] === PR_SET_NAME) {
      task.comm = comm(task.tid);
    }
    if (this.options.onMapChange && call.descriptor?.classes.includes("memory"))
      this.options.onMapChange(task.pid);
    if (task.inCall) {
      call.exit = monotonicNow();
      takeExit(call);
      if (isIndirect(call.abi, call.nr)) fetchResult(call, this.memory);
      task.inCall = false;
      this.tamperer?.exit(task, this.memory);
      this.sink.exit(task, this.memory);
    } else if (task.skipping) {
      if (task.starting) takeExit(call);
    } else if (!task.hidden) {
      this.sink.lost(1, "the end of a call that was under way before the trace");
    }
    if (task.starting && call.error !== 0) task.hidden = true;
    task.skipping = false;
  }

  /** With a filter, its report is the entry. It comes after the system call stop, so the next one is the exit's. */
  private filterHit(task: Tracee): void {
    if (!trace.syscallInfo(task.tid)) return;
    this.entry(task);
    this.proceed(task, true);
  }

  private signal(task: Tracee, signo: number): void {
    if (!task.hidden) {
      this.sink.signal(task, { signo, info: trace.signalInfo(task.tid) }, monotonicNow());
    }
    this.resume(task, signo);
  }

  private groupStop(task: Tracee, signo: number): void {
    if (task.hidden) {
      trace.listen(task.tid);
      trace.kill(task.pid, SIGCONT);
      return;
    }
    this.sink.stopped(task, signo, monotonicNow());
    trace.listen(task.tid);
  }

  private child(parent: Tracee, maybeThread: boolean): void {
    const tid = trace.eventMessage(parent.tid);
    // it may have been followed already, as an orphan
    if (tid > 0 && !this.tasks.has(tid)) {
      const pid = maybeThread && this.isThread(parent, tid) ? parent.pid : tid;
      this.adopt(tid, pid, parent.tid, parent);
    }
    this.resume(parent, 0);
  }

  private adopt(tid: number, pid: number, parent: number, like: Tracee | undefined): void {
    const task = new Tracee(tid, pid, parent);
    task.comm = like?.comm ?? comm(tid);
    if (like) task.abi = like.abi;
    task.hidden = like?.hidden ?? false;
    // a command that was adopted has no filter, and so its children have none
    task.filtered = like?.filtered ?? this.options.seccomp ?? false;
    this.follow(task, false);
    for (const status of this.tasks.claim(tid)) this.dispatch(tid, status, 0);
  }

  /** clone() says it in its flags, clone3() in memory. */
  private isThread(parent: Tracee, tid: number): boolean {
    const { name, args } = parent.call;
    if (parent.inCall || parent.skipping) {
      if (name === "clone") return (args[0] & CLONE_THREAD) !== 0;
      if (name === "clone3") {
        const at = this.memory.readAll(args[0], args[1], 8);
        if (at >= 0) return (this.memory.view.getUint32(at, true) & CLONE_THREAD) !== 0;
      }
    }
    return procStatus(tid)?.tgid === parent.pid;
  }

  private exec(leader: Tracee): void {
    const { tid } = leader;
    const former = trace.eventMessage(tid);
    const now = monotonicNow();
    let task = leader;
    const execer = former > 0 && former !== tid ? this.tasks.get(former) : undefined;
    if (execer) {
      // the kernel gives the thread its leader's tid; the leader ends without a word
      this.sink.superseded(leader, former, now);
      this.tasks.remove(leader);
      this.tasks.rename(execer, tid);
      task = execer;
    }
    this.execed(task, former > 0 ? former : tid, now);
  }

  private execed(task: Tracee, former: number, now: number): void {
    task.hidden = false;
    task.starting = false;
    task.comm = comm(task.tid);
    this.onOwnMemory(task.tid);
    this.options.onMapChange?.(task.pid);
    this.sink.exec(task, former, now);
    if (this.options.detachOnExec && !task.keepAtExec) {
      this.release(task, Stop.exec, 0);
      return;
    }
    task.keepAtExec = false;
    this.resume(task, 0);
  }

  private gone(task: Tracee, event: ExitEvent): void {
    this.onOwnMemory(task.tid);
    this.delays.forget(task.tid);
    if (task.tid === task.pid) this.options.onMapChange?.(task.pid);
    if (this.tasks.remove(task)) this.sink.exited(task, event, monotonicNow());
  }

  /** Lets go of a stopped task. A group-stop stays one: the kernel sees to that. */
  private release(task: Tracee, stop: Stop, status: number): void {
    if (stop === Stop.child) this.releaseChild(trace.eventMessage(task.tid));
    // fails when it was killed meanwhile: then we hear of that
    if (!trace.detach(task.tid, stop === Stop.signal ? stopSignal(status) : 0)) return;
    if (this.tasks.remove(task)) this.sink.detached(task);
  }

  /** Lets go of all whose delay is not over. */
  releaseDelayed(): void {
    for (const { task, signal } of this.delays.take(Number.POSITIVE_INFINITY)) {
      if (trace.detach(task.tid, signal) && this.tasks.remove(task)) this.sink.detached(task);
    }
  }

  /** Lets go of a child born while we were leaving; it was never reported. */
  private releaseChild(tid: number): void {
    if (tid <= 0 || this.tasks.has(tid)) return;
    const task = new Tracee(tid, tid, 0);
    task.leaving = true;
    this.tasks.retire(task);
    for (const status of this.tasks.claim(tid)) this.dispatch(tid, status, 0);
  }

  private unknown(tid: number, status: number): void {
    if (!isDeath(status)) {
      const stop = classify(status);
      const former = stop === Stop.exec ? trace.eventMessage(tid) : -1;
      const execer = former > 0 ? this.tasks.get(former) : undefined;
      if (execer) {
        // a thread exec'd whose leader was not traced
        this.tasks.rename(execer, tid);
        this.execed(execer, former, monotonicNow());
      } else this.tasks.hold(tid, status, monotonicNow());
    } else if (this.tasks.holds(tid)) this.tasks.hold(tid, status, monotonicNow());
    else this.options.onOtherExit?.(tid, status);
  }

  /** Follows tasks whose parent died before it could tell of them: unclaimed since `time` or longer. */
  adoptOrphans(time: number): void {
    for (const tid of this.tasks.heldSince(time)) {
      const status = procStatus(tid);
      if (status?.tracer === process.pid) this.adopt(tid, status.tgid, status.ppid, undefined);
      else for (const s of this.tasks.claim(tid)) if (isDeath(s)) this.options.onOtherExit?.(tid, s);
    }
  }
}
