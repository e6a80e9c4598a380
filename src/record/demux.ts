/** Gives each event of one engine to the recording of the lifetime its task belongs to, by ancestry. */
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { RecordingSink } from "./sink.ts";

export class Demux implements EventSink {
  /** Counts events, so that a driver can tell whether a step did something. */
  events = 0;
  private readonly byTask = new Map<Task, RecordingSink>();
  private readonly byTid = new Map<number, RecordingSink>();
  private readonly expected = new Map<number, RecordingSink>();

  /** `passedOver` is told the slots of new calls that belong to no recording; `onStopped` of processes stopped by a signal. */
  constructor(
    private readonly passedOver: (slot: number) => void = () => {},
    private readonly onStopped: (pid: number) => void = () => {},
  ) {}

  /** The process `pid`, about to be attached to, is the first of `sink`. */
  expect(pid: number, sink: RecordingSink): void {
    this.expected.set(pid, sink);
  }

  /** Attaching failed after all. */
  forget(pid: number): void {
    this.expected.delete(pid);
  }

  newTask(task: Task, attached: boolean): void {
    this.events++;
    // A pid that is expected is new, whatever task had it before.
    const sink = this.expected.get(task.tid) ?? this.byTid.get(task.parent) ?? this.byTid.get(task.pid);
    if (!sink) return;
    this.expected.delete(task.tid);
    this.byTask.set(task, sink);
    this.byTid.set(task.tid, sink);
    sink.newTask(task, attached);
  }

  enter(task: Task, memory: Memory): void {
    this.events++;
    this.of(task)?.enter(task, memory);
  }

  exit(task: Task, memory: Memory): void {
    this.events++;
    this.of(task)?.exit(task, memory);
  }

  call(task: Task, atEntry: Memory, atExit: Memory): void {
    this.events++;
    const sink = this.of(task);
    if (sink) sink.call(task, atEntry, atExit);
    else if (task.call.fresh) this.passedOver(task.call.slot);
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    this.events++;
    this.of(task)?.signal(task, event, now);
  }

  stopped(task: Task, signo: number, now: number): void {
    this.events++;
    this.of(task)?.stopped(task, signo, now);
    this.onStopped(task.pid);
  }

  exec(task: Task, formerTid: number, now: number): void {
    this.events++;
    this.of(task)?.exec(task, formerTid, now);
  }

  superseded(task: Task): void {
    this.events++;
    this.of(task)?.superseded(task);
    this.byTask.delete(task);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    this.events++;
    this.of(task)?.exited(task, event, now);
    this.drop(task);
  }

  detached(task: Task): void {
    this.events++;
    this.of(task)?.detached(task);
    this.drop(task);
  }

  sample(task: Task, frames: Float64Array, count: number, kernelFrames: number, now: number): void {
    this.of(task)?.sample(task, frames, count, kernelFrames, now);
  }

  lost(count: number, reason: string, task?: Task): void {
    const sink = task && this.of(task);
    if (sink) sink.lost(count, reason);
    else for (const sink of new Set(this.byTid.values())) sink.lost(count, reason);
  }

  private of(task: Task): RecordingSink | undefined {
    return this.byTask.get(task) ?? this.byTid.get(task.tid);
  }

  private drop(task: Task): void {
    const sink = this.byTask.get(task);
    this.byTask.delete(task);
    // A parent may die before the event of its child arrives, so ancestry outlives the task until its tid is reused
    // or the lifetime ends.
    if (sink?.threads === 0) {
      for (const [tid, s] of this.byTid) if (s === sink) this.byTid.delete(tid);
    }
  }
}
