/**
 * The flight recorder: the last calls of a running service, in numbers only, because nearly all of them are never
 * looked at. What is saved is put into words then; memory that arguments point to is gone by that time.
 */
import { type Call, Task } from "../capture/event.ts";
import { Memory } from "../capture/memory.ts";
import { type CallInfo, infos } from "./call-info.ts";
import type { Result } from "./text.ts";

/** Doubles and words of a call. */
const TIMES = 7;
const WORDS = 20;
const FIRST = 64;

/** A call out of the ring, valid until the next one. */
export interface Flown {
  readonly task: Task;
  readonly info: CallInfo;
  /** Texts, where they were taken at the time. */
  readonly text: Result | undefined;
}

export class Flight {
  private times = new Float64Array(0);
  private words = new Uint32Array(0);
  private texts: (Result | undefined)[] = [];
  private calls: Call["descriptor"][] = [];
  private next = 0;
  private used = 0;

  /** `span` in ns, `limit` in calls. */
  constructor(
    private readonly span: number,
    private readonly limit: number,
  ) {}

  get on(): boolean {
    return this.span > 0;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.times.byteLength + this.words.byteLength;
  }

  add(task: Task, info: CallInfo, text: Result | undefined): void {
    if (this.used === this.texts.length && this.used < this.limit) this.grow();
    const { times, words } = this;
    const { call } = task;
    const i = this.next;
    this.next = i + 1 === this.texts.length ? 0 : i + 1;
    if (this.used < this.texts.length) this.used++;
    const t = i * TIMES;
    times[t] = call.entry || call.exit;
    times[t + 1] = call.exit;
    times[t + 2] = call.blocked;
    times[t + 3] = call.queued;
    times[t + 4] = call.gapBlocked;
    times[t + 5] = call.gapQueued;
    times[t + 6] = call.waker;
    const w = i * WORDS;
    words[w] = task.tid;
    words[w + 1] = task.pid;
    words[w + 2] = info.index;
    words[w + 3] = call.nr;
    words[w + 4] = call.retLo;
    words[w + 5] = call.retHi;
    words[w + 6] = call.error;
    words[w + 7] = ABIS.indexOf(call.abi);
    for (let a = 0; a < 12; a++) words[w + 8 + a] = call.args[a];
    this.texts[i] = text;
    this.calls[i] = call.descriptor;
  }

  /** Empties the ring: calls that began at or after `now` minus the span, oldest first. */
  *take(now: number): Iterable<Flown> {
    const size = this.texts.length;
    const first = (this.next - this.used + size) % (size || 1);
    for (let n = 0; n < this.used; n++) {
      const i = (first + n) % size;
      if (this.times[i * TIMES + 1] >= now - this.span) yield this.at(i);
    }
    this.next = 0;
    this.used = 0;
  }

  private at(i: number): Flown {
    const { times, words } = this;
    const t = i * TIMES;
    const w = i * WORDS;
    const info = infos[words[w + 2]];
    const task = new Task(words[w], words[w + 1], 0);
    const { call } = task;
    call.name = info.name.text;
    call.nr = words[w + 3];
    call.retLo = words[w + 4];
    call.retHi = words[w + 5];
    call.error = words[w + 6];
    call.abi = ABIS[words[w + 7]];
    call.descriptor = this.calls[i];
    call.args.set(words.subarray(w + 8, w + 20));
    [call.entry, call.exit, call.blocked, call.queued, call.gapBlocked, call.gapQueued, call.waker] =
      times.subarray(t, t + TIMES);
    return { task, info, text: this.texts[i] };
  }

  private grow(): void {
    const size = Math.min(this.limit, Math.max(FIRST, this.texts.length * 2));
    const times = new Float64Array(size * TIMES);
    const words = new Uint32Array(size * WORDS);
    // it is full and has not wrapped around yet, or has just been emptied
    times.set(this.times);
    words.set(this.words);
    this.next = this.used;
    this.times = times;
    this.words = words;
    this.texts.length = size;
    this.calls.length = size;
  }
}

const ABIS = ["x86_64", "i386", "x32", "aarch64"] as const;

/** Memory that is not there any more. */
export class GoneMemory extends Memory {
  protected fetch(): number {
    return -1;
  }

  readString(): number {
    return -1;
  }
}
