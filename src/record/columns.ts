/** Calls waiting to be written, as columns instead of objects. */
import type { CallColumns, CallRow } from "./model.ts";
import type { Texts } from "./texts.ts";

/** Room of the first chunk, and of all after it. */
const FIRST = 256;
const CHUNK = 16_384;

/** A growing set of calls, 92 bytes each: chunks, because copying what is there to grow costs as much as filling it. */
export class CallBuffer {
  /** The chunk that is being filled, by whoever adds a call, at index `next()`. */
  columns = callColumns(FIRST);
  private capacity = FIRST;
  private full: CallColumns[] = [];
  private before = 0;

  get count(): number {
    return this.before + this.columns.count;
  }

  /** Makes room for one more call in `columns` and returns its index. */
  next(): number {
    if (this.columns.count === this.capacity) this.grow();
    return this.columns.count++;
  }

  /** Gives away what was gathered and starts afresh. */
  take(): CallColumns[] {
    const taken = this.chunks();
    this.full = [];
    this.before = 0;
    this.columns = callColumns(FIRST);
    this.capacity = FIRST;
    return taken;
  }

  /** Calls taken before could not be written: they wait again, before the others. */
  giveBack(chunks: readonly CallColumns[]): void {
    this.full.unshift(...chunks);
    for (const { count } of chunks) this.before += count;
  }

  /**
   * Drops the oldest calls shorter than `fast` ns until half of the calls are left (or no fast one is), and the texts
   * that only they used. Returns how many were dropped.
   */
  dropOldest(fast: number, texts: Texts): number {
    const target = this.count >> 1;
    let dropped = 0;
    for (const chunk of this.chunks()) {
      if (dropped >= target) break;
      dropped += dropFrom(chunk, fast, target - dropped);
    }
    this.full = this.full.filter(({ count }) => count > 0);
    this.before = countOf(this.full);
    if (dropped > 0) this.compactTexts(texts);
    return dropped;
  }

  private chunks(): CallColumns[] {
    return this.columns.count > 0 ? [...this.full, this.columns] : this.full;
  }

  private compactTexts(texts: Texts): void {
    const chunks = this.chunks();
    const used = new Set<number>();
    for (const { count, ...columns } of chunks)
      for (const key of TEXTS) for (let i = 0; i < count; i++) used.add(columns[key][i]);
    const { from, ids } = texts.compact((id) => used.has(id));
    for (const { count, ...columns } of chunks) {
      for (const key of TEXTS) {
        const column = columns[key];
        for (let i = 0; i < count; i++) if (column[i] >= from) column[i] = ids[column[i] - from];
      }
    }
  }

  private grow(): void {
    const { columns, capacity } = this;
    if (capacity === CHUNK) {
      this.full.push(columns);
      this.before += columns.count;
      this.columns = callColumns(CHUNK);
      return;
    }
    this.capacity = Math.min(4 * capacity, CHUNK);
    this.columns = callColumns(this.capacity);
    this.columns.count = columns.count;
    for (const key of KEYS) this.columns[key].set(columns[key]);
  }
}

/** Drops at most `most` calls shorter than `fast` ns, oldest first. Returns how many. */
function dropFrom(columns: CallColumns, fast: number, most: number): number {
  let kept = 0;
  let dropped = 0;
  for (let i = 0; i < columns.count; i++) {
    if (dropped < most && columns.duration[i] < fast) {
      dropped++;
      continue;
    }
    if (kept !== i) for (const key of KEYS) columns[key][kept] = columns[key][i];
    kept++;
  }
  columns.count = kept;
  return dropped;
}

/** Calls in chunks. */
export function countOf(chunks: readonly CallColumns[]): number {
  let total = 0;
  for (const { count } of chunks) total += count;
  return total;
}

const TIMES = ["ts", "duration", "blocked", "queued", "gapBlocked", "gapQueued"] as const;
const TEXTS = ["name", "args", "ret", "error", "target"] as const;
const NUMBERS = ["tid", "pid", "fd", "waker"] as const;
const KEYS = [...TIMES, ...TEXTS, ...NUMBERS] as const;

function callColumns(capacity: number): CallColumns {
  const columns = { count: 0 } as Record<string, unknown>;
  for (const key of TIMES) columns[key] = new Float64Array(capacity);
  for (const key of [...TEXTS, ...NUMBERS]) columns[key] = new Int32Array(capacity);
  return columns as unknown as CallColumns;
}

/** The memory behind chunks, to hand it to another thread without a copy. */
export function buffersOf(chunks: readonly CallColumns[]): ArrayBuffer[] {
  return chunks.flatMap((columns) => KEYS.map((key) => columns[key].buffer as ArrayBuffer));
}

/** Adds a call given as a row. */
export function putCall(buffer: CallBuffer, texts: Texts, row: CallRow): void {
  const i = buffer.next();
  const { columns } = buffer;
  for (const key of [...TIMES, ...NUMBERS]) columns[key][i] = row[key];
  for (const key of TEXTS) columns[key][i] = texts.id(row[key]);
}
