/** Rows of one kind that wait to be written. */
import type { Losses } from "./counts.ts";

/** So many when nothing can be written: the first. */
const MAX_ROWS = 100_000;

export class WaitingRows<T> {
  private rows: T[] = [];

  /** `kind` says in the losses what could not be kept, `time` when (ns) a row happened. */
  constructor(
    private readonly kind: string,
    private readonly losses: Losses,
    private readonly time: (row: T) => number,
  ) {}

  add(row: T): void {
    if (this.rows.length < MAX_ROWS) this.rows.push(row);
    else this.losses.add(this.time(row), 1, `${this.kind} not kept: too many`);
  }

  take(): T[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** What was taken last was not written. */
  giveBack(rows: readonly T[]): void {
    this.rows = [...rows, ...this.rows];
  }
}
