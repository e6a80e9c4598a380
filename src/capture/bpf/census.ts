/** Tasks whose end did not fit the ring, and what we started and was killed before it began, go without a word: a look at who lives. */
import { exiting, lives } from "../../kernel/proc.ts";
import type { Started } from "./started.ts";
import type { BpfTask, TaskTable } from "./tasks.ts";

/** ns between looks. */
const EVERY = 1e9;

export class Census {
  private last = 0;
  /** Records lost when everybody was looked at last, and will have been once this look is over. */
  private lostSeen = 0;
  private lost = 0;

  constructor(
    private readonly table: TaskTable,
    private readonly started: Started,
  ) {}

  /** Tasks that live no more, when it is time for a look; `lost`: how many records have been lost. */
  gone(now: number, lost: () => number): BpfTask[] | undefined {
    if (now - this.last < EVERY) return undefined;
    this.last = now;
    this.lost = lost();
    const all = this.lost !== this.lostSeen;
    const gone: BpfTask[] = [];
    let ending = false;
    for (const task of this.table) {
      if (!all && task.left === 0 && !this.started.has(task.tid)) continue;
      if (!lives(task.tid) || this.isReplaced(task)) gone.push(task);
      // it may have told of its end already, long before it is over
      else ending ||= task.left === 0 && exiting(task.tid);
    }
    if (ending) this.lost = this.lostSeen;
    return gone;
  }

  /** All that those who have gone told of has been read. */
  over(): void {
    this.lostSeen = this.lost;
  }

  /** Whether another thread, not followed, has exec'd in the place of one that has left, where wait(2) will not tell us how it ends. */
  private isReplaced({ tid, left }: BpfTask): boolean {
    return left !== 0 && !this.started.has(tid) && !exiting(tid);
  }
}
