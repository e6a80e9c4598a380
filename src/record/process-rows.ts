/** The threads of one lifetime: the living stay in memory, the dead are handed over once. */
import type { ExitEvent, Task } from "../capture/event.ts";
import { commandLine, commOf, taskTimes } from "../kernel/tasks.ts";
import type { Losses } from "./counts.ts";
import { commandText } from "./describe.ts";
import type { ProcessRow } from "./model.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** Dead threads remembered for the names their children inherit. */
const MAX_DEAD = 1024;

export class ProcessRows {
  /** Threads still followed. */
  alive = 0;
  private readonly byTid = new Map<number, ProcessRow>();
  private readonly living = new Set<ProcessRow>();
  private readonly remembered: ProcessRow[] = [];
  private readonly dead: WaitingRows<ProcessRow>;

  /** Threads that lived when a recording ended that is carried on, until they are attached to again. */
  private readonly missing: Map<number, ProcessRow>;

  constructor(
    private readonly now: () => number,
    losses: Losses,
    before: readonly ProcessRow[] = [],
  ) {
    this.dead = new WaitingRows("threads", losses, ({ died, born }) => died ?? born);
    this.missing = new Map(before.map((row) => [row.tid, row]));
  }

  add(task: Task, attached: boolean): ProcessRow {
    const known = attached ? this.missing.get(task.tid) : undefined;
    if (known?.pid === task.pid) {
      this.missing.delete(task.tid);
      this.insert(known);
      return known;
    }
    const parent = this.byTid.get(task.parent);
    const row: ProcessRow = {
      tid: task.tid,
      pid: task.pid,
      parent: task.parent,
      comm: task.comm || parent?.comm || commOf(task.tid) || "",
      argv: attached || task.parent === 0 ? commandText(commandLine(task.pid)) : (parent?.argv ?? ""),
      born: task.born || this.now(),
      died: null,
      status: null,
      signal: null,
      user_ns: null,
      system_ns: null,
      queued_ns: null,
    };
    this.insert(row);
    return row;
  }

  /** Threads not attached to again are gone. */
  buryRest(now: number): void {
    for (const row of this.missing.values()) this.dead.add({ ...row, died: now });
    this.missing.clear();
  }

  private insert(row: ProcessRow): void {
    this.byTid.set(row.tid, row);
    this.living.add(row);
    this.alive++;
  }

  of(task: Task): ProcessRow {
    const row = this.byTid.get(task.tid) ?? this.add(task, true);
    if (task.comm) row.comm = task.comm;
    return row;
  }

  /** Threads that live. */
  *tids(): Iterable<number> {
    for (const row of this.living) yield row.tid;
  }

  /** The process of a thread that lives, or has died lately. */
  pidOf(tid: number): number | undefined {
    return this.byTid.get(tid)?.pid;
  }

  rename(task: Task): void {
    const row = this.of(task);
    row.comm = commOf(task.tid) ?? row.comm;
  }

  /** A thread that made the exec has its process's tid since; what it was is over, the others are, too. */
  execed(task: Task, formerTid: number, now: number): ProcessRow {
    if (formerTid !== task.tid) this.superseded(task, formerTid, now);
    const row = this.of(task);
    row.comm = task.comm || commOf(task.tid) || row.comm;
    // what /proc says may be of an exec after this one, or nothing any more
    row.argv = commandText(task.argv ?? commandLine(task.pid));
    row.pid = task.pid;
    return row;
  }

  private superseded(task: Task, formerTid: number, now: number): void {
    const former = this.byTid.get(formerTid);
    if (former) this.died(former, now);
    // the first thread had ended before the exec
    if (this.byTid.get(task.tid)?.died !== null) this.byTid.delete(task.tid);
  }

  died(row: ProcessRow, now: number): void {
    if (row.died !== null) return;
    row.died = now;
    this.alive--;
    this.living.delete(row);
    this.dead.add(row);
    this.remembered.push(row);
    if (this.remembered.length > MAX_DEAD) {
      const forgotten = this.remembered.shift()!;
      if (this.byTid.get(forgotten.tid) === forgotten) this.byTid.delete(forgotten.tid);
    }
  }

  /** No longer followed, but not dead. */
  letGo(): void {
    this.alive = Math.max(0, this.alive - 1);
  }

  readTimes(row: ProcessRow, known?: ExitEvent["times"]): void {
    const times = known ?? taskTimes(row.pid, row.tid);
    if (!times) return;
    row.user_ns = times.user;
    row.system_ns = times.system;
    row.queued_ns = times.queued;
  }

  /** Of all that live. */
  readAllTimes(): void {
    for (const row of this.living) this.readTimes(row);
  }

  /** Copies of the living, and the dead not handed over yet. */
  take(): ProcessRow[] {
    return [...this.dead.take(), ...[...this.living].map((r) => ({ ...r }))];
  }

  /** Bytes held for the dead that wait to be written, about. */
  get bytes(): number {
    return this.dead.bytes;
  }

  shed(): void {
    this.dead.shed();
  }

  giveBack(rows: readonly ProcessRow[]): void {
    this.dead.giveBack(rows.filter((r) => r.died !== null));
  }
}
