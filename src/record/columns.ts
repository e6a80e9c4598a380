/** Calls waiting to be written: columns instead of objects, each distinct text once. */
import type { CallColumns, CallRow } from "./model.ts";

/** A growing set of calls. Memory is about 56 bytes a call plus its texts. */
export class CallBuffer {
  count = 0;
  /** Characters held in texts. */
  characters = 0;
  private capacity = 1024;
  private c = columns(this.capacity);
  private readonly ids = new Map<string, number>();

  add(call: Omit<CallRow, "unfinished">): void {
    if (this.count === this.capacity) this.grow();
    const { c, count: i } = this;
    c.ts[i] = call.ts;
    c.duration[i] = call.duration;
    c.tid[i] = call.tid;
    c.pid[i] = call.pid;
    c.name[i] = this.id(call.name);
    c.args[i] = this.id(call.args);
    c.ret[i] = this.id(call.ret);
    c.error[i] = this.id(call.error);
    c.fd[i] = call.fd;
    c.target[i] = this.id(call.target);
    this.count++;
  }

  /** Gives away what was gathered and starts afresh. */
  take(): CallColumns {
    const taken = this.c;
    taken.count = this.count;
    this.capacity = 1024;
    this.c = columns(this.capacity);
    this.ids.clear();
    this.count = 0;
    this.characters = 0;
    return taken;
  }

  /**
   * Drops the oldest calls shorter than `fast` ns until half of the calls are left (or no fast one is). Returns how
   * many were dropped. The texts go when the buffer is taken.
   */
  dropOldest(fast: number): number {
    const { c } = this;
    const target = this.count >> 1;
    let kept = 0;
    let dropped = 0;
    for (let i = 0; i < this.count; i++) {
      if (dropped < target && c.duration[i] < fast) {
        dropped++;
        continue;
      }
      if (kept !== i) this.move(i, kept);
      kept++;
    }
    this.count = kept;
    if (dropped > 0) this.compactTexts();
    return dropped;
  }

  private move(from: number, to: number): void {
    const { c } = this;
    for (const key of NUMBERS) c[key][to] = c[key][from];
    for (const key of TEXTS) c[key][to] = c[key][from];
  }

  private compactTexts(): void {
    const old = this.c.strings;
    this.ids.clear();
    this.characters = 0;
    this.c.strings = [];
    for (const key of TEXTS) {
      const column = this.c[key];
      for (let i = 0; i < this.count; i++) column[i] = this.id(old[column[i]]);
    }
  }

  private id(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.c.strings.length;
      this.c.strings.push(text);
      this.ids.set(text, id);
      this.characters += text.length;
    }
    return id;
  }

  private grow(): void {
    this.capacity *= 2;
    const bigger = columns(this.capacity);
    for (const key of NUMBERS) bigger[key].set(this.c[key] as Float64Array & Int32Array);
    for (const key of TEXTS) bigger[key].set(this.c[key]);
    bigger.strings = this.c.strings;
    this.c = bigger;
  }
}

const NUMBERS = ["ts", "duration", "tid", "pid", "fd"] as const;
const TEXTS = ["name", "args", "ret", "error", "target"] as const;

function columns(capacity: number): CallColumns {
  return {
    count: 0,
    ts: new Float64Array(capacity),
    duration: new Float64Array(capacity),
    tid: new Int32Array(capacity),
    pid: new Int32Array(capacity),
    name: new Uint32Array(capacity),
    args: new Uint32Array(capacity),
    ret: new Uint32Array(capacity),
    error: new Uint32Array(capacity),
    fd: new Int32Array(capacity),
    target: new Uint32Array(capacity),
    strings: [],
  };
}
