import type { CallTable } from "../record/call-table.ts";
import type { CallRow } from "../record/model.ts";

/** Something that happened, made when its turn comes. */
export interface Item {
  readonly ts: number;
  readonly make: () => string;
}

/** Pieces of about this many characters cost little each. */
const PIECE = 1 << 16;

/** Calls as `make` says, with the other things between them, all in order of time; of the same time, `before` come first and `after` last. */
export async function* inOrder(
  before: readonly Item[],
  calls: AsyncIterable<CallTable>,
  after: readonly Item[],
  make: (call: CallRow) => string,
): AsyncIterable<string> {
  const first = new Queue(before);
  const last = new Queue(after);
  let text = "";
  for await (const table of calls) {
    for (const call of table) {
      text += merged(first, last, call.ts) + make(call);
      if (text.length < PIECE) continue;
      yield text;
      text = "";
    }
  }
  yield text + merged(first, last, Number.POSITIVE_INFINITY);
}

/** What comes before a call at `ts`. */
function merged(first: Queue, last: Queue, ts: number): string {
  let text = "";
  while ((first.next <= ts && first.next !== Number.POSITIVE_INFINITY) || last.next < ts)
    text += first.next <= last.next ? first.take() : last.take();
  return text;
}

class Queue {
  /** Time of the first that waits. */
  next: number;
  private readonly items: readonly Item[];
  private at = 0;

  constructor(items: readonly Item[]) {
    this.items = [...items].sort((a, b) => a.ts - b.ts);
    this.next = this.items[0]?.ts ?? Number.POSITIVE_INFINITY;
  }

  take(): string {
    const text = this.items[this.at++].make();
    this.next = this.items[this.at]?.ts ?? Number.POSITIVE_INFINITY;
    return text;
  }
}

/** Exact time of `ts` (ns of the recording) in ns since 1970: the sum does not fit a double. */
export function unixNs(ts: number, anchor: number): bigint {
  return BigInt(Math.round(ts)) + BigInt(Math.round(anchor));
}

/** Seconds since 1970 with nine digits, as a number's text, of times (ns) of a recording. */
export function unixSeconds(anchor: number): (ts: number) => string {
  const whole = BigInt(Math.round(anchor));
  const base = Number(whole / 1_000_000_000n);
  const rest = Number(whole % 1_000_000_000n);
  return (ts) => {
    const ns = Math.round(ts) + rest;
    const seconds = Math.floor(ns / 1e9);
    return `${base + seconds}.${String(ns - seconds * 1e9).padStart(9, "0")}`;
  };
}
