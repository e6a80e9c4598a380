/** Calls waiting to be written, as columns instead of objects. */
import type { CallColumns, CallRow } from "./model.ts";
import type { Texts } from "./texts.ts";

/** A growing set of calls: 92 bytes each. */
export class CallBuffer {
  count = 0;
  /** Filled by whoever adds a call, at index `next()`. */
  columns = callColumns(CAPACITY);
  private capacity = CAPACITY;

  /** Makes room for one more call and returns its index. */
  next(): number {
    if (this.count === this.capacity) this.grow();
    return this.count++;
  }

  /** Gives away what was gathered and starts afresh. */
  take(): CallColumns {
    const taken = this.columns;
    taken.count = this.count;
    this.capacity = CAPACITY;
    this.columns = callColumns(CAPACITY);
    this.count = 0;
    return taken;
  }

  /** Calls taken before could not be written: they wait again, before the others. */
  giveBack(calls: CallColumns): void {
    const capacity = Math.max(CAPACITY, calls.count + this.count);
    const all = callColumns(capacity);
    for (const key of KEYS) {
      all[key].set(calls[key].subarray(0, calls.count));
      all[key].set(this.columns[key].subarray(0, this.count), calls.count);
    }
    this.columns = all;
    this.capacity = capacity;
    this.count += calls.count;
  }

  /**
   * Drops the oldest calls shorter than `fast` ns until half of the calls are left (or no fast one is), and the texts
   * that only they used. Returns how many were dropped.
   */
  dropOldest(fast: number, texts: Texts): number {
    const { columns } = this;
    const target = this.count >> 1;
    let kept = 0;
    let dropped = 0;
    for (let i = 0; i < this.count; i++) {
      if (dropped < target && columns.duration[i] < fast) {
        dropped++;
        continue;
      }
      if (kept !== i) for (const key of KEYS) columns[key][kept] = columns[key][i];
      kept++;
    }
    this.count = kept;
    if (dropped > 0) this.compactTexts(texts);
    return dropped;
  }

  private compactTexts(texts: Texts): void {
    const used = new Set<number>();
    for (const key of TEXTS) for (let i = 0; i < this.count; i++) used.add(this.columns[key][i]);
    const { from, ids } = texts.compact((id) => used.has(id));
    for (const key of TEXTS) {
      const column = this.columns[key];
      for (let i = 0; i < this.count; i++) if (column[i] >= from) column[i] = ids[column[i] - from];
    }
  }

  private grow(): void {
    this.capacity *= 2;
    const bigger = callColumns(this.capacity);
    for (const key of KEYS) bigger[key].set(this.columns[key]);
    this.columns = bigger;
  }
}

const CAPACITY = 256;
const TIMES = ["ts", "duration", "blocked", "queued", "gapBlocked", "gapQueued"] as const;
const TEXTS = ["name", "args", "ret", "error", "target"] as const;
const NUMBERS = ["tid", "pid", "fd", "waker"] as const;
const KEYS = [...TIMES, ...TEXTS, ...NUMBERS] as const;

export function callColumns(capacity: number): CallColumns {
  const columns = { count: 0 } as Record<string, unknown>;
  for (const key of TIMES) columns[key] = new Float64Array(capacity);
  for (const key of [...TEXTS, ...NUMBERS]) columns[key] = new Int32Array(capacity);
  return columns as unknown as CallColumns;
}

/** The memory behind columns, to hand it to another thread without a copy. */
export function buffersOf(columns: CallColumns): ArrayBuffer[] {
  return KEYS.map((key) => columns[key].buffer as ArrayBuffer);
}

/** Adds a call given as a row. */
export function putCall(buffer: CallBuffer, texts: Texts, row: CallRow): void {
  const i = buffer.next();
  const { columns } = buffer;
  for (const key of [...TIMES, ...NUMBERS]) columns[key][i] = row[key];
  for (const key of TEXTS) columns[key][i] = texts.id(row[key]);
}
