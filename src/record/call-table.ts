/** Calls read back, in columns: a million of them as objects would take a gigabyte. */
import { lowest } from "../base/search.ts";
import type { CallRow } from "./model.ts";

const TIMES = ["ts", "duration", "blocked", "queued", "gapBlocked", "gapQueued"] as const;
const TEXTS = ["name", "args", "ret", "error", "target"] as const;
const NUMBERS = ["tid", "pid", "fd", "waker"] as const;

const PAGE = 6;

/** Columns of numbers, and of ids of texts. */
export type Columns = Readonly<
  Record<(typeof TIMES)[number], Float64Array> &
    Record<(typeof TEXTS)[number] | (typeof NUMBERS)[number], Int32Array> & { unfinished: Uint8Array }
>;

/** What a text must be like. */
export type TextTest = (text: string) => boolean;

/** Calls in order of `ts`: 93 bytes each, and each text once. A row is made when it is asked for, and only once. */
export class CallTable implements Iterable<CallRow> {
  /** Places that are filled. */
  length = 0;
  readonly columns: Columns;
  /** Those asked for, in pages of 2 ** PAGE. */
  private readonly rows: (StoredCall | undefined)[][] = [];

  constructor(
    capacity: number,
    /** By id; the text of an id that is missing is "". */
    readonly texts: readonly string[],
  ) {
    const columns: Record<string, unknown> = { unfinished: new Uint8Array(capacity) };
    for (const key of TIMES) columns[key] = new Float64Array(capacity);
    for (const key of [...TEXTS, ...NUMBERS]) columns[key] = new Int32Array(capacity);
    this.columns = columns as unknown as Columns;
  }

  /** A table of rows, which must be in order of `ts`. */
  static from(rows: readonly CallRow[]): CallTable {
    const texts: string[] = [];
    const ids = new Map<string, number>();
    const table = new CallTable(rows.length, texts);
    const { columns } = table;
    for (const [i, row] of rows.entries()) {
      for (const key of [...TIMES, ...NUMBERS]) columns[key][i] = row[key];
      for (const key of TEXTS) {
        let id = ids.get(row[key]);
        if (id === undefined) {
          id = texts.push(row[key]) - 1;
          ids.set(row[key], id);
        }
        columns[key][i] = id;
      }
      columns.unfinished[i] = row.unfinished ? 1 : 0;
    }
    table.length = rows.length;
    return table;
  }

  /** The same calls by other numbers. */
  with(numbers: Readonly<Partial<Record<"tid" | "pid" | "waker", Int32Array>>>): CallTable {
    const table = new CallTable(0, this.texts);
    Object.assign(table.columns, this.columns, numbers);
    table.length = this.length;
    return table;
  }

  at(index: number): CallRow {
    let page = this.rows[index >> PAGE];
    if (page === undefined) {
      page = [];
      this.rows[index >> PAGE] = page;
    }
    const at = index & (2 ** PAGE - 1);
    let row = page[at];
    if (row === undefined) {
      row = new StoredCall(this, index);
      page[at] = row;
    }
    return row;
  }

  /** Place of a row of this table. */
  indexOf(row: CallRow): number {
    return (row as StoredCall).index;
  }

  text(id: number): string {
    return this.texts[id] ?? "";
  }

  *[Symbol.iterator](): Iterator<CallRow> {
    for (let i = 0; i < this.length; i++) yield new StoredCall(this, i);
  }

  /** The calls whose texts are all as asked for, in order. */
  *where(tests: Readonly<Partial<Record<(typeof TEXTS)[number], TextTest>>>): Iterable<CallRow> {
    const all = TEXTS.flatMap((key) => {
      const test = tests[key];
      return test ? [{ column: this.columns[key], passes: this.byText(test) }] : [];
    });
    for (let i = 0; i < this.length; i++)
      if (all.every(({ column, passes }) => passes(column[i]))) yield this.at(i);
  }

  *unfinished(): Iterable<CallRow> {
    const { unfinished } = this.columns;
    for (let i = 0; i < this.length; i++) if (unfinished[i] === 1) yield this.at(i);
  }

  /** `test` by id of a text; each text is tested once. */
  byText(test: TextTest): (id: number) => boolean {
    const known = new Int8Array(this.texts.length);
    return (id) => {
      const seen = known[id];
      if (seen !== 0 && seen !== undefined) return seen > 0;
      const passes = test(this.text(id));
      known[id] = passes ? 1 : -1;
      return passes;
    };
  }

  /** Index in `list` (indexes of calls of one thread, in order) of the first call that ends after `time`. */
  firstEndingAfter(list: Int32Array, time: number): number {
    const { ts, duration } = this.columns;
    return lowest(list.length, (i) => ts[list[i]] + duration[list[i]] > time);
  }
}

class StoredCall implements CallRow {
  constructor(
    private readonly table: CallTable,
    readonly index: number,
  ) {}

  get ts(): number {
    return this.table.columns.ts[this.index];
  }
  get duration(): number {
    return this.table.columns.duration[this.index];
  }
  get tid(): number {
    return this.table.columns.tid[this.index];
  }
  get pid(): number {
    return this.table.columns.pid[this.index];
  }
  get name(): string {
    return this.table.text(this.table.columns.name[this.index]);
  }
  get args(): string {
    return this.table.text(this.table.columns.args[this.index]);
  }
  get ret(): string {
    return this.table.text(this.table.columns.ret[this.index]);
  }
  get error(): string {
    return this.table.text(this.table.columns.error[this.index]);
  }
  get fd(): number {
    return this.table.columns.fd[this.index];
  }
  get target(): string {
    return this.table.text(this.table.columns.target[this.index]);
  }
  get unfinished(): boolean {
    return this.table.columns.unfinished[this.index] === 1;
  }
  get blocked(): number {
    return this.table.columns.blocked[this.index];
  }
  get queued(): number {
    return this.table.columns.queued[this.index];
  }
  get gapBlocked(): number {
    return this.table.columns.gapBlocked[this.index];
  }
  get gapQueued(): number {
    return this.table.columns.gapQueued[this.index];
  }
  get waker(): number {
    return this.table.columns.waker[this.index];
  }
}
