/** -c: what was called how often, how long it took and how often it failed. */
import { BUCKETS, bucketOf } from "../base/histogram.ts";
import { KEYS } from "../capture/bpf/counts/layout.ts";
import type { Call, EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { attachText } from "./attach-text.ts";
import { type CountLine, furtherLine } from "./count-table.ts";

interface Row extends CountLine {
  readonly buckets: Float64Array;
  /** Of its first call: rows are in this order until they are sorted. */
  readonly rank: number;
}

/** Calls are in the order of their numbers, those of the machine's own ABI first. */
const abis = ["x86_64", "aarch64", "i386", "x32"];
const MOST_CALLS = 1 << 16;
const rank = ({ abi, nr }: Call): number => abis.indexOf(abi) * MOST_CALLS + nr;

export interface CountSettings {
  /** -w: wall clock instead of system CPU time. */
  readonly wall: boolean;
  /** -O: nanoseconds subtracted from each call. */
  readonly overhead: number;
  /** What is counted together: the call's name if not given. */
  readonly by?: (task: Task) => string;
  /** What that is called. */
  readonly head?: string;
  /** Calls that are counted; all if not given. */
  readonly filter?: (task: Task, memory: Memory) => boolean;
  /** Is told who is attached to and let go, where nothing else shows that. */
  readonly message?: (text: string) => void;
}

export class Counter implements EventSink {
  private readonly rows = new Map<string, Row>();
  /** Calls for which there was no row: names are the tracee's to choose, and there are no more than the kernel has room for. */
  private over = 0;
  /** Events the engine could not deliver. */
  lossCount = 0;
  /** System time of each task when its call was entered. */
  private readonly systemAtEntry = new Map<Task, number>();

  /** Tasks in a call that is not counted. */
  private readonly leftOut = new Set<Task>();

  constructor(private readonly settings: CountSettings) {}

  newTask(task: Task, attached: boolean): void {
    const text = attachText(task, attached);
    if (text !== undefined) this.settings.message?.(text);
  }

  enter(task: Task, memory: Memory): void {
    const { filter } = this.settings;
    if (filter && !filter(task, memory)) {
      this.leftOut.add(task);
      return;
    }
    this.leftOut.delete(task);
    if (!this.settings.wall) this.systemAtEntry.set(task, task.systemTime);
  }

  exit(task: Task): void {
    if (this.leftOut.size > 0 && this.leftOut.delete(task)) return;
    this.count(task, task.call.exit);
  }

  private count(task: Task, now: number): void {
    const { error, entry } = task.call;
    const name = this.settings.by ? this.settings.by(task) : task.call.name;
    let row = this.rows.get(name);
    if (!row) {
      if (this.rows.size >= KEYS) {
        this.over++;
        return;
      }
      row = {
        name,
        calls: 0,
        errors: 0,
        total: 0,
        min: Infinity,
        max: 0,
        buckets: new Float64Array(BUCKETS),
        rank: rank(task.call),
      };
      this.rows.set(name, row);
    }
    const spent = this.settings.wall ? now - entry : this.cpuTime(task);
    const time = Math.max(0, spent - this.settings.overhead);
    row.calls++;
    if (error !== 0) row.errors++;
    row.total += time;
    if (time < row.min) row.min = time;
    if (time > row.max) row.max = time;
    row.buckets[bucketOf(now - entry)]++;
  }

  /** Of a call: what the engine knows of its time on a CPU, or what the task's account has grown by. */
  private cpuTime(task: Task): number {
    const { blocked, queued, entry, exit } = task.call;
    if (blocked >= 0) return exit - entry - blocked - queued;
    return task.systemTime - (this.systemAtEntry.get(task) ?? task.systemTime);
  }

  signal(_task: Task, _event: SignalEvent): void {}
  stopped(): void {}
  exec(): void {}
  superseded(): void {}

  /** A call that never returns is not counted, as with strace: exit_group has no row. */
  exited(task: Task, _event: ExitEvent): void {
    this.systemAtEntry.delete(task);
    this.leftOut.delete(task);
  }

  detached(task: Task): void {
    this.settings.message?.(`Process ${task.tid} detached`);
    this.systemAtEntry.delete(task);
    this.leftOut.delete(task);
  }

  lost(count: number): void {
    this.lossCount += count;
  }

  get lines(): CountLine[] {
    const lines: CountLine[] = [...this.rows.values()].sort((a, b) => a.rank - b.rank);
    if (this.over > 0) lines.push(furtherLine(this.over, this.settings.head ?? "syscall"));
    return lines;
  }
}
