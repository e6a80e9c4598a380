/** Rows of one kind that wait to be written. */
import type { Losses } from "./counts.ts";

/** So many when nothing can be written, with so many characters in their texts: the first. */
const MAX_ROWS = 100_000;
const MAX_CHARACTERS = 16e6;
/** Memory of one without its texts. */
const ROW_BYTES = 200;

export class WaitingRows<T extends object> {
  private rows: T[] = [];
  private characters = 0;

  /** `kind` says in the losses what could not be kept, `time` when (ns) a row happened. */
  constructor(
    private readonly kind: string,
    private readonly losses: Losses,
    private readonly time: (row: T) => number,
  ) {}

  get count(): number {
    return this.rows.length;
  }

  /** Bytes held, about. */
  get bytes(): number {
    return this.rows.length * ROW_BYTES + this.characters * 2;
  }

  add(row: T): void {
    const characters = charactersIn(row);
    if (this.rows.length < MAX_ROWS && this.characters + characters <= MAX_CHARACTERS) {
      this.rows.push(row);
      this.characters += characters;
    } else this.lose(row);
  }

  /** It is not kept, which is counted. */
  lose(row: T): void {
    this.losses.add(this.time(row), 1, `${this.kind} not kept: too many`);
  }

  take(): T[] {
    const { rows } = this;
    this.rows = [];
    this.characters = 0;
    return rows;
  }

  /** What was taken last was not written. */
  giveBack(rows: readonly T[]): void {
    this.rows = [...rows, ...this.rows];
    for (const row of rows) this.characters += charactersIn(row);
  }

  /** Drops the later half. */
  shed(): void {
    const rows = this.take();
    const kept = rows.length >> 1;
    this.giveBack(rows.slice(0, kept));
    for (const row of rows.slice(kept)) this.lose(row);
  }
}

function charactersIn(row: object): number {
  let total = 0;
  for (const value of Object.values(row)) if (typeof value === "string") total += value.length;
  return total;
}
