/** Records of the ring, turned into events. */
import { hasNarrowArgs, isIndirect } from "../../abi/syscalls.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import type { CallTable } from "../calls.ts";
import type { Call, EventSink, ExitEvent } from "../event.ts";
import { fetchResult } from "../indirect.ts";
import type { Memory } from "../memory.ts";
import { argvOf, identify, takeResult, takeStack, textAt } from "./call-record.ts";
import * as L from "./layout.ts";
import { LiveRecordMemory } from "./live-memory.ts";
import { RecordMemory } from "./record-memory.ts";
import { Repeats } from "./repeats.ts";
import { BpfTask, type End, strange, type TaskTable } from "./tasks.ts";
import { FACTS_WORDS, headAt, timeAt, WORD, wide } from "./words.ts";

const SIGINFO_BYTES = 128;
const PR_SET_NAME = 15;
const SIGKILL = 9;
/** Signals held back until the task's call is known: anyone may send them by the million. */
const MOST_IGNORED = 1024;
const inWords = (bytes: number): number => bytes >>> 2;

export interface DispatchOptions {
  /** Calls come with what the scheduler did meanwhile. */
  readonly scheduling: boolean;
  /** Most bytes plans copy of a buffer. */
  readonly most: number;
  /** The call comes that an exec returns from, if it is execve. */
  readonly execReturns: boolean;
  /** A process was started by us and has exec'd or ended. */
  readonly onOwnMemory: (pid: number) => void;
  /** A process has ended; we may have to reap it. */
  readonly onExit: (pid: number) => void;
  /** A task of that group got a child at that time (CLOCK_MONOTONIC ns) that is not followed, though it should be. */
  readonly onLostChild: (tid: number, time: number, group: number) => void;
  /** A 32-bit call was seen. */
  readonly onCompat: () => void;
  /** Returns of calls may be missed unless every return is seen. */
  readonly onUnseen: () => void;
}

/** Where a record is: bytes and words are views of the same memory. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  offset: number;
}

export class Dispatcher {
  readonly atEntry = new RecordMemory(true);
  readonly atExit = new RecordMemory(false);
  private readonly live = new LiveRecordMemory();
  private readonly repeats = new Repeats();
  private readonly info = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  /** Calls delivered. */
  delivered = 0;
  /** Records whose loss has been told. */
  reported = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly tasks: TaskTable,
    private readonly calls: CallTable,
    private readonly options: DispatchOptions,
  ) {
    this.atEntry.most = this.atExit.most = options.most;
  }

  record(s: Source): void {
    this.delivered++;
    const w = s.words;
    const at = inWords(s.offset);
    const kind = w[at] & 0xff;
    const tid = w[at + 1];
    switch (kind) {
      case L.kinds.facts:
      case L.kinds.call:
        this.call(s, this.takeHead(s));
        break;
      case L.kinds.fork:
        this.fork(s, tid);
        break;
      case L.kinds.exec:
        this.exec(s, tid, w[at + inWords(L.exec.former)], timeAt(w, at));
        break;
      case L.kinds.exit:
        this.exit(tid, endOf(w, at), w[at + inWords(L.exit.goesOn)] !== 0);
        break;
      case L.kinds.signal:
        this.signal(s, tid, timeAt(w, at));
        break;
      case L.kinds.generated:
        this.generated(s, tid, timeAt(w, at));
        break;
      case L.kinds.found:
        this.found(s, tid);
        break;
      case L.kinds.sample:
        this.sample(s, tid, timeAt(w, at));
        break;
      case L.kinds.unseen:
        this.options.onUnseen();
        this.sink.lost(
          1,
          "a slow call's return may have been missed; every return is seen from here on",
          this.tasks.get(tid),
        );
        break;
    }
  }

  /** A record of a stream that has entries: calls end here, they began with `entered`. */
  ordered(s: Source): void {
    const kind = s.words[inWords(s.offset)] & 0xff;
    if (kind !== L.kinds.facts && kind !== L.kinds.call) {
      this.record(s);
      return;
    }
    this.delivered++;
    const task = this.takeHead(s);
    const { call } = task;
    this.tellLoss(s.words[inWords(s.offset) + inWords(L.call.lost)], task);
    const flags = this.take(s, task);
    if (flags & L.callFlags.unfinished) {
      // one that does not return comes without an entry; one its task died in has had its entry
      if (!task.inCall) this.begin(task, this.atEntry);
      return;
    }
    if (!task.inCall) {
      call.entry ||= task.foundAt || call.exit;
      task.foundAt = 0;
      this.begin(task, this.atEntry);
    }
    if (call.name === "prctl" && call.args[0] === PR_SET_NAME && call.error === 0) this.rename(task);
    task.inCall = false;
    this.atExit.countUnread();
    this.sink.exit(task, this.atExit);
    if (task.ignored.length > 0) this.flushIgnored(task, call.exit);
  }

  /**
   * A call was entered. `answer` is the record with its memory: that of its return, or the entry's own; without one
   * the call is still under way, and what the entry's record lacks is read from the task as it is.
   */
  entered(s: Source, answer: Source | undefined): void {
    this.delivered++;
    const source = answer ?? s;
    const task = this.takeHead(source);
    this.take(source, task);
    source.offset = 0;
    this.tellLoss(s.words[headAt(s.words, s.offset) + inWords(L.call.lost)], task);
    if (task.ignored.length > 0) this.flushIgnored(task, task.call.entry);
    if (answer) this.begin(task, this.atEntry);
    else {
      this.live.over(this.atEntry, task.tid);
      this.begin(task, this.live);
    }
  }

  private tellLoss(count: number, task: BpfTask): void {
    if (count === 0) return;
    this.reported += count;
    this.sink.lost(count, "the ring buffer was full", task);
  }

  private begin(task: BpfTask, memory: Memory): void {
    task.call.slot = -1;
    task.call.fresh = true;
    task.inCall = true;
    this.sink.enter(task, memory);
  }

  /** The task of a call's record, whose facts are taken; the record then begins at the call. */
  private takeHead(s: Source): BpfTask {
    const w = s.words;
    const at = headAt(w, s.offset);
    const more = at !== inWords(s.offset);
    if (more) s.offset += L.facts.bytes;
    const task = this.tasks.get(w[at + 1]) ?? this.stranger(w[at + 1]);
    if (more) this.takeFacts(task.call, w, at - FACTS_WORDS);
    else if (this.options.scheduling) noFacts(task.call);
    return task;
  }

  private stranger(tid: number): BpfTask {
    const task = strange(tid);
    this.tasks.add(task);
    this.sink.newTask(task, true);
    return task;
  }

  /** Fills the task's call from its record. */
  take(s: Source, task: BpfTask): number {
    const w = s.words;
    const at = inWords(s.offset);
    const { call } = task;
    const nr = w[at + inWords(L.call.nr)] | 0;
    const abi = identify(call, this.calls, (w[at] >>> 8) & 0xff, nr);
    if (abi !== "x86_64") this.options.onCompat();
    const { args } = call;
    const from = at + inWords(L.call.args);
    for (let i = 0; i < 12; i++) args[i] = w[from + i];
    if (abi === "x32" && hasNarrowArgs(abi, nr)) for (let i = 1; i < 12; i += 2) args[i] = 0;
    call.exit = timeAt(w, at);
    call.entry = wide(w, at + inWords(L.call.entry));
    takeResult(call, w[at + inWords(L.call.ret)], w[at + inWords(L.call.ret) + 1]);
    const length = w[at + inWords(L.call.length)];
    this.atEntry.at(s.bytes, w, s.offset + L.call.data, length);
    this.atExit.at(s.bytes, w, s.offset + L.call.data, length);
    if (isIndirect(abi, call.nr)) fetchResult(call, this.atExit);
    if (length > 0 && (call.name === "rt_sigreturn" || call.name === "sigreturn"))
      takeStack(call, w, at + inWords(L.call.data));
    return w[at] >>> 16;
  }

  private takeFacts(call: Call, w: Uint32Array, at: number): void {
    call.ipLo = w[at + inWords(L.facts.ip)];
    call.ipHi = w[at + inWords(L.facts.ip) + 1];
    if (!this.options.scheduling) return;
    call.blocked = wide(w, at + inWords(L.facts.blocked));
    call.queued = wide(w, at + inWords(L.facts.queued));
    call.gapBlocked = wide(w, at + inWords(L.facts.gapBlocked));
    call.gapQueued = wide(w, at + inWords(L.facts.gapQueued));
    call.waker = w[at + inWords(L.facts.waker)];
  }

  private call(s: Source, task: BpfTask): void {
    const w = s.words;
    const at = inWords(s.offset);
    const { call } = task;
    const flags = this.take(s, task);
    this.tellLoss(w[at + inWords(L.call.lost)], task);
    if (flags !== 0) {
      if (flags & L.callFlags.noEntry) {
        call.entry = task.foundAt || call.exit;
        // that it slept was not seen, but what is under way for long mostly does
        if (task.foundAt && this.options.scheduling) call.blocked = call.exit - call.entry - call.queued;
        task.foundAt = 0;
      }
      if (flags & L.callFlags.unfinished) {
        this.unfinished(s, task);
        return;
      }
    }
    if (call.name === "prctl" && call.args[0] === PR_SET_NAME && call.error === 0) this.rename(task);
    if (task.ignored.length > 0) this.flushIgnored(task, call.entry);
    if (task.exec) {
      if (execs(call)) {
        this.returnedExec(task, task.exec);
        return;
      }
      this.tellExec(task);
    }
    const content = inWords(L.call.content);
    const count = inWords(L.call.data - L.call.content) + inWords((w[at + inWords(L.call.length)] + 7) & ~7);
    this.repeats.look(w, at + content, count, w[at] & 0xff00);
    call.slot = this.repeats.slot;
    call.fresh = this.repeats.fresh;
    if (call.fresh) this.atExit.countUnread();
    this.whole(task);
    if (task.ignored.length > 0) this.flushIgnored(task, call.exit);
  }

  private whole(task: BpfTask): void {
    const { sink } = this;
    if (sink.call) sink.call(task, this.atEntry, this.atExit);
    else {
      sink.enter(task, this.atEntry);
      this.atExit.reset();
      sink.exit(task, this.atExit);
    }
  }

  private returnedExec(task: BpfTask, exec: { former: number; time: number }): void {
    task.exec = undefined;
    task.call.slot = -1;
    task.call.fresh = true;
    task.argv = argvOf(task.call, this.atEntry);
    this.atEntry.reset();
    this.sink.enter(task, this.atEntry);
    this.sink.exec(task, exec.former, exec.time);
    this.atExit.reset();
    this.sink.exit(task, this.atExit);
  }

  /** Tells of an exec without the call it returned from. */
  private tellExec(task: BpfTask): void {
    const { exec } = task;
    if (!exec) return;
    task.exec = undefined;
    task.argv = undefined;
    this.sink.exec(task, exec.former, exec.time);
  }

  /** A call that does not return: shown when its task ends, which is when it is over. */
  private unfinished(s: Source, task: BpfTask): void {
    const length = L.call.data + s.words[inWords(s.offset + L.call.length)];
    task.last = s.bytes.slice(s.offset, s.offset + length);
  }

  private showLast(task: BpfTask): void {
    const bytes = task.last;
    if (!bytes) return;
    task.last = undefined;
    this.take({ bytes, words: new Uint32Array(bytes.buffer, 0, bytes.length >>> 2), offset: 0 }, task);
    task.call.slot = -1;
    task.call.fresh = true;
    task.inCall = true;
    this.sink.enter(task, this.atEntry);
  }

  private rename(task: BpfTask): void {
    const { call } = task;
    const at = this.atExit.readString(call.args[2], call.args[3], 15);
    if (at >= 0) task.comm = textAt(this.atExit.bytes, at, this.atExit.got);
  }

  private fork({ words: w, offset }: Source, parentTid: number): void {
    const at = inWords(offset);
    const now = timeAt(w, at);
    const tid = w[at + inWords(L.fork.child)];
    const pid = w[at + inWords(L.fork.childPid)];
    if (tid === 0) {
      this.sink.lost(1, "a task began unseen: the kernel had no memory for its state");
      this.options.onLostChild(parentTid, now, pid);
      return;
    }
    if (this.stands(tid, now)) return;
    const task = new BpfTask(tid, pid, parentTid);
    task.comm = this.tasks.get(parentTid)?.comm ?? "";
    task.born = now;
    this.tasks.add(task);
    this.sink.newTask(task, false);
  }

  /** Whether a task of this tid is known. One that was there before `now` is not: its end was lost, its tid used again. */
  private stands(tid: number, now: number): boolean {
    const known = this.tasks.get(tid);
    if (!known) return false;
    // met between its beginning and our reading of it
    if (known.born >= now) return true;
    this.tasks.remove(known);
    this.sink.detached(known);
    return false;
  }

  private found(s: Source, tid: number): void {
    const { words: w, bytes } = s;
    const at = inWords(s.offset);
    if (this.stands(tid, timeAt(w, at))) return;
    const task = new BpfTask(tid, w[at + inWords(L.found.pid)], 0);
    task.comm = cText(bytes, s.offset + L.found.comm, 16);
    task.born = timeAt(w, at);
    this.tasks.add(task);
    this.sink.newTask(task, true);
  }

  private exec(s: Source, tid: number, former: number, now: number): void {
    let task = this.tasks.get(former) ?? this.tasks.get(tid) ?? this.stranger(tid);
    if (former !== tid) {
      const leader = this.tasks.get(tid);
      if (leader && leader !== task) {
        this.sink.superseded(leader, former, now);
        this.tasks.remove(leader);
      }
      this.tasks.rename(task, tid);
    } else task = this.tasks.get(tid) ?? task;
    this.tellExec(task);
    task.comm = cText(s.bytes, s.offset + L.exec.comm, 16);
    task.exec = { former, time: now };
    if (task.inCall || !this.options.execReturns) this.tellExec(task);
    this.options.onOwnMemory(task.pid);
  }

  private exit(tid: number, end: End, goesOn: boolean): void {
    this.options.onOwnMemory(tid);
    const task = this.tasks.get(tid);
    if (!task) return;
    if (goesOn) {
      task.left = end.time;
      return;
    }
    if (tid === task.pid && this.tasks.sizeOf(tid) > 1) {
      task.ended = end;
      return;
    }
    this.over(task, end);
    const leader = this.tasks.sizeOf(task.pid) === 1 ? this.tasks.get(task.pid) : undefined;
    if (leader?.ended) this.over(leader, leader.ended);
  }

  /** The end of a task that no record will tell of, by its wait status. */
  waitedFor(task: BpfTask, code: number): void {
    this.over(task, { code, times: undefined, time: monotonicNow() });
  }

  private over(task: BpfTask, { code, times, time: now }: End): void {
    if (task.ignored.length > 0) this.flushIgnored(task, now);
    this.tellExec(task);
    this.showLast(task);
    this.tasks.remove(task);
    const signal = code & 0x7f;
    if (signal !== 0 && signal !== SIGKILL && task.shown !== signal && task.sent?.signo === signal)
      this.sink.signal(task, task.sent, now);
    this.sink.exited(
      task,
      signal === 0
        ? { status: (code >>> 8) & 0xff, signal: undefined, coreDumped: false, times }
        : { status: undefined, signal, coreDumped: (code & 0x80) !== 0, times },
      now,
    );
    this.options.onExit(task.tid);
  }

  private signal(s: Source, tid: number, now: number): void {
    const task = this.tasks.get(tid);
    if (!task) return;
    const at = inWords(s.offset);
    const signo = s.words[at + inWords(L.signal.signo)];
    this.takeInfo(s, this.info);
    task.shown = signo;
    this.sink.signal(task, { signo, info: this.info }, now);
    if (s.words[at + inWords(L.signal.stops)] !== 0) this.sink.stopped(task, signo, now);
  }

  private takeInfo(s: Source, info: DataView): void {
    for (let i = 0; i < 48; i++) info.setUint8(i, s.bytes[s.offset + L.signal.info + i]);
  }

  /** A fatal signal is not delivered by the kernel's account, nor is one that is ignored; a tracer sees both. */
  private generated(s: Source, tid: number, now: number): void {
    const task = this.tasks.get(tid);
    if (!task) return;
    const w = s.words;
    const at = inWords(s.offset);
    const info = new DataView(new ArrayBuffer(SIGINFO_BYTES));
    this.takeInfo(s, info);
    const signo = w[at + inWords(L.signal.signo)];
    const event = { signo, info };
    if (w[at + inWords(L.signal.ignored)] !== 0) {
      task.ignored.push({ time: now, signal: event });
      if (task.ignored.length > MOST_IGNORED) this.flushIgnored(task, now);
    } else task.wasSent(event);
  }

  private flushIgnored(task: BpfTask, until: number): void {
    while (task.ignored.length > 0 && task.ignored[0].time <= until) {
      const { signal, time: now } = task.ignored.shift()!;
      this.sink.signal(task, signal, now);
    }
  }

  private sample(s: Source, tid: number, now: number): void {
    const task = this.tasks.get(tid);
    if (!task || !this.sink.sample) return;
    const w = s.words;
    const at = inWords(s.offset);
    const count = Math.min(w[at + inWords(L.sample.count)], frames.length);
    for (let i = 0; i < count; i++) {
      const frame = at + inWords(L.sample.frames) + 2 * i;
      frames[i] = w[frame] + (w[frame + 1] | 0) * WORD;
    }
    this.sink.sample(task, frames, count, w[at + inWords(L.sample.kernel)], now);
  }
}

const frames = new Float64Array(2 * L.SAMPLE_FRAMES);

/** Whether it is a call that an exec returned from. */
const execs = ({ name, error }: Call): boolean => error === 0 && (name === "execve" || name === "execveat");

const endOf = (w: Uint32Array, at: number): End => ({
  code: w[at + inWords(L.exit.code)],
  times: timesOf(w, at),
  time: timeAt(w, at),
});

/** The kernel's account of user and kernel mode is coarse; that of the sum is exact. */
function timesOf(w: Uint32Array, at: number): ExitEvent["times"] {
  const ran = wide(w, at + inWords(L.exit.ran));
  const user = wide(w, at + inWords(L.exit.user));
  const system = wide(w, at + inWords(L.exit.system));
  const share = user + system > 0 ? user / (user + system) : 0.5;
  return { user: ran * share, system: ran * (1 - share), queued: wide(w, at + inWords(L.exit.waited)) };
}

function noFacts(call: Call): void {
  call.blocked = 0;
  call.queued = 0;
  call.gapBlocked = 0;
  call.gapQueued = 0;
  call.waker = 0;
}

function cText(bytes: Uint8Array, at: number, max: number): string {
  let n = 0;
  while (n < max && bytes[at + n] !== 0) n++;
  return textAt(bytes, at, n);
}
