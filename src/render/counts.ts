/** -c: what was called how often, how long it took and how often it failed. */
import { BUCKETS, bucketOf } from "../base/histogram.ts";
import type { EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { CountLine } from "./count-table.ts";

interface Row extends CountLine {
  readonly buckets: Float64Array;
}

export interface CountSettings {
  /** -w: wall clock instead of system CPU time. */
  readonly wall: boolean;
  /** -O: nanoseconds subtracted from each call. */
  readonly overhead: number;
  /** What is counted together: the call's name if not given. */
  readonly by?: (task: Task) => string;
}

export class Counter implements EventSink {
  private readonly rows = new Map<string, Row>();
  /** System time of each task when its call was entered. */
  private readonly systemAtEntry = new Map<Task, number>();

  constructor(private readonly settings: CountSettings) {}

  newTask(): void {}

  enter(task: Task): void {
    if (!this.settings.wall) this.systemAtEntry.set(task, task.systemTime);
  }

  exit(task: Task): void {
    this.count(task, task.call.exit);
  }

  private count(task: Task, now: number): void {
    const { error, entry } = task.call;
    const name = this.settings.by ? this.settings.by(task) : task.call.name;
    let row = this.rows.get(name);
    if (!row) {
      row = {
        name,
        calls: 0,
        errors: 0,
        total: 0,
        min: Infinity,
        max: 0,
        buckets: new Float64Array(BUCKETS),
      };
      this.rows.set(name, row);
    }
    const spent = this.settings.wall
      ? now - entry
      : task.systemTime - (this.systemAtEntry.get(task) ?? task.systemTime);
    const time = Math.max(0, spent - this.settings.overhead);
    row.calls++;
    if (error !== 0) row.errors++;
    row.total += time;
    if (time < row.min) row.min = time;
    if (time > row.max) row.max = time;
    row.buckets[bucketOf(now - entry)]++;
  }

  signal(_task: Task, _event: SignalEvent): void {}
  stopped(): void {}
  exec(): void {}
  superseded(): void {}

  /** A call that never returns is not counted, as with strace: exit_group has no row. */
  exited(task: Task, _event: ExitEvent): void {
    this.systemAtEntry.delete(task);
  }

  detached(task: Task): void {
    this.systemAtEntry.delete(task);
  }

  lost(): void {}

  get lines(): CountLine[] {
    return [...this.rows.values()];
  }
}
