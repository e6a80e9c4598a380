/**
 * Events in the order they happened, entries of calls included. A call's memory is read at its return, so the line of
 * its entry can only be written then: records are held back until the oldest call among them has returned, or has
 * been under way for so long that what can be read of its memory now has to do.
 */

import { monotonicNow } from "../../kernel/clock.ts";
import type { Dispatcher, Source } from "./dispatch.ts";
import * as L from "./layout.ts";
import { headAt, timeAt } from "./words.ts";

/** How long a call that does not return holds others back (ns). */
const PATIENCE = 2e8;

interface Held extends Source {
  readonly kind: number;
  readonly time: number;
  /** For an entry: the record of its return, or of its task's end. */
  answer: Held | undefined;
}

export class Order {
  private queue: Held[] = [];
  private head = 0;
  /** When what was taken last happened (ns). */
  private latest = 0;
  /** Entries without an answer, by tid. */
  private readonly open = new Map<number, Held>();

  constructor(private readonly dispatcher: Dispatcher) {}

  /** Records held back. */
  get held(): number {
    return this.queue.length - this.head;
  }

  /** Takes a copy of a record. */
  take(record: Source & { readonly length: number }): void {
    const from = record.offset;
    const bytes = record.bytes.slice(from, from + ((record.length + 7) & ~7));
    const words = new Uint32Array(bytes.buffer);
    const at = headAt(words, 0);
    const kind = words[at] & 0xff;
    const tid = words[at + 1];
    const time = timeAt(words, at);
    const held: Held = { bytes, words, offset: 0, kind, time, answer: undefined };
    if (kind === L.kinds.entry) this.open.set(tid, held);
    else if (kind === L.kinds.call || kind === L.kinds.exit) {
      const entry = this.open.get(tid);
      if (entry) {
        entry.answer = held;
        this.open.delete(tid);
      }
    }
    this.queue.push(held);
    this.latest = time;
  }

  /** Passes on what need not wait any longer. If `late`, answers may be among the records that have not come. */
  flush(late: boolean): void {
    this.passOn((late ? this.latest : monotonicNow()) - PATIENCE);
  }

  /** Passes on everything. */
  end(): void {
    this.passOn(Number.POSITIVE_INFINITY);
  }

  private passOn(until: number): void {
    const { queue, dispatcher } = this;
    while (this.head < queue.length) {
      const held = queue[this.head];
      if (held.kind !== L.kinds.entry) dispatcher.ordered(held);
      else if (held.answer) dispatcher.entered(held, held.answer.kind === L.kinds.call ? held.answer : held);
      else if (held.time <= until) dispatcher.entered(held, undefined);
      else break;
      this.head++;
    }
    if (this.head === queue.length) {
      this.queue = [];
      this.head = 0;
    } else if (this.head > 4096) {
      this.queue = queue.slice(this.head);
      this.head = 0;
    }
  }
}
