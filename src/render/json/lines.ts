/** Events as JSON, one object a line; docs/JSON.md is the schema. Text of a call that equals an earlier one is kept. */
import { errnoName } from "../../abi/errno.ts";
import { signalName } from "../../abi/signals.ts";
import { wellFormed } from "../../base/bytes.ts";
import { escapeJson, jsonOf } from "../../base/json.ts";
import type { EventSink, ExitEvent, SignalEvent, Task } from "../../capture/event.ts";
import type { Memory } from "../../capture/memory.ts";
import { Decoder } from "../../decode/call.ts";
import type { DecodeOptions } from "../../decode/options.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import type { Destinations } from "../line-writer.ts";
import type { Output } from "../output.ts";
import type { TextSettings } from "../settings.ts";
import { JsonValues, targetOf } from "./values.ts";

/** Version of the schema: changed when a field is removed or changes its meaning. */
export const JSON_VERSION = 1;

export interface JsonOptions {
  /** -e signal=, -z, -Z. */
  readonly signals: TextSettings["signals"];
  readonly statuses: TextSettings["statuses"];
  readonly decode: DecodeOptions;
  /** Calls come with what the scheduler did meanwhile. */
  readonly scheduling: boolean;
}

/** A line made before, of which only the times change: they have as many digits whenever they are patched. */
interface Kept {
  task: Task;
  tid: number;
  comm: string;
  second: number;
  bytes: Uint8Array;
  durationAt: number;
}

const HEAD = '{"type":"call","v":1,"ts":';
/** Digits of seconds since 1970, the point, and of nanoseconds. */
const SECONDS = 10;
const NANOS = 9;
/** Durations of ten seconds and more have more digits than fit a kept line. */
const LONGEST_PATCHED = 10e9;
const LONGEST_KEPT = 4096;
const ZERO = 48;
const HIGH = 4294967296;

export class JsonLines implements EventSink {
  private readonly values = new JsonValues();
  private readonly decoder: Decoder;
  private readonly detail = new JsonValues();
  private readonly details: Decoder;
  private readonly kept: (Kept | undefined)[] = [];
  /** By slot: name, arguments, result. */
  private readonly middles: (string | undefined)[] = [];
  /** Arguments of calls under way, for engines that tell of entries. */
  private readonly entered = new Map<Task, string | undefined>();
  private readonly repeatable: boolean;
  /** Realtime minus monotonic: whole seconds, and nanoseconds. */
  private offsetSeconds = 0;
  private offsetNanos = 0;
  private offsetUntil = 0;
  /** Events not shown because the engine could not deliver them. */
  lossCount = 0;

  constructor(
    private readonly options: JsonOptions,
    private readonly destinations: Destinations,
    private readonly filter?: (task: Task, memory: Memory) => boolean,
  ) {
    const { decode } = options;
    this.decoder = new Decoder(this.values, decode);
    this.details = new Decoder(this.detail, decode);
    this.repeatable = !decode.fdText && !decode.pidText && !options.scheduling && !filter;
  }

  call(task: Task, atEntry: Memory, atExit: Memory): void {
    const { call } = task;
    const { slot } = call;
    const output = this.destinations.of(task);
    if (slot >= 0 && !call.fresh && this.repeatable) {
      const kept = this.kept[slot];
      if (kept && kept.task === task && kept.tid === task.tid && kept.comm === task.comm) {
        const duration = call.exit - call.entry;
        if (duration >= 0 && duration < LONGEST_PATCHED) {
          this.patch(kept, call.entry, duration);
          output.writeBytes(kept.bytes);
          output.settle();
          return;
        }
      }
    }
    if (slot >= 0 && call.fresh) {
      // what was kept there is another call's
      this.kept[slot] = undefined;
      this.middles[slot] = undefined;
    }
    if (!this.shows(task)) return;
    if (this.filter && !this.filter(task, atEntry)) return;
    let middle = slot >= 0 && !call.fresh && this.repeatable ? this.middles[slot] : undefined;
    if (middle === undefined) {
      this.values.begin();
      if (!this.decoder.enter(task, atEntry)) this.decoder.exitArgs(task, atExit);
      middle = this.named(task, this.values.end()) + this.result(task, atExit);
      if (slot >= 0) this.middles[slot] = middle;
    }
    this.write(task, middle, output, slot);
  }

  private shows(task: Task, returned = true): boolean {
    const { statuses } = this.options;
    const ended = task.call.error === 0 ? "successful" : "failed";
    return !statuses || statuses.has(returned ? ended : "unfinished");
  }

  private write(task: Task, middle: string, output: Output, slot: number): void {
    const { call } = task;
    const duration = Math.max(0, call.exit - call.entry);
    const stamp = this.stamp(call.entry);
    const start = `${HEAD}${stamp},${ids(task)}${middle},"duration":`;
    const line = `${start}${seconds(duration)}${this.facts(task, duration)}}\n`;
    if (slot >= 0 && this.repeatable) {
      this.kept[slot] =
        line.length <= LONGEST_KEPT && duration < LONGEST_PATCHED
          ? {
              task,
              tid: task.tid,
              comm: task.comm,
              second: Number(stamp.slice(0, SECONDS)),
              bytes: Buffer.from(line, "latin1"),
              durationAt: start.length,
            }
          : undefined;
    }
    output.write(line);
    output.settle();
  }

  private patch(kept: Kept, entry: number, duration: number): void {
    if (entry >= this.offsetUntil) this.lookAtClock(entry);
    const { bytes } = kept;
    const total = entry + this.offsetNanos;
    const carry = Math.floor(total / 1e9);
    const second = this.offsetSeconds + carry;
    if (second !== kept.second) {
      kept.second = second;
      digits(bytes, HEAD.length, SECONDS, second);
    }
    digits(bytes, HEAD.length + SECONDS + 1, NANOS, Math.floor(total - carry * 1e9));
    const whole = duration < 1e9 ? 0 : Math.floor(duration / 1e9);
    bytes[kept.durationAt] = ZERO + whole;
    digits(bytes, kept.durationAt + 2, NANOS, duration - whole * 1e9);
  }

  /** Clocks drift apart and can be set: looked at again every second of events. */
  private lookAtClock(monotonic: number): void {
    const now = monotonicNow();
    const wall = wallClock(now);
    this.offsetSeconds = wall.seconds - Math.floor(now / 1e9);
    this.offsetNanos = wall.nanoseconds - (now - Math.floor(now / 1e9) * 1e9);
    this.offsetUntil = monotonic + 1e9;
  }

  private stamp(monotonic: number): string {
    if (monotonic >= this.offsetUntil) this.lookAtClock(monotonic);
    const total = monotonic + this.offsetNanos;
    const carry = Math.floor(total / 1e9);
    const nanos = Math.floor(total - carry * 1e9);
    return `${this.offsetSeconds + carry}.${String(nanos).padStart(NANOS, "0")}`;
  }

  private named(task: Task, args: string): string {
    const { call } = task;
    const abi = call.abi === "x86_64" || call.abi === "aarch64" ? "" : `,"abi":"${call.abi}"`;
    return `,"name":${ascii(call.name)}${abi},"args":${escapeJson(args)}`;
  }

  private result(task: Task, atExit: Memory): string {
    const { call } = task;
    if (call.error !== 0) return `,"ret":-1,"errno":${ascii(errnoName(call.error) ?? String(call.error))}`;
    let text = `,"ret":${returned(task)}`;
    this.detail.line = "";
    const detail = this.details.aux(task, atExit);
    if (detail !== undefined) text += `,"detail":${escapeJson(detail)}`;
    const fdText = call.descriptor?.ret === "fd" ? this.options.decode.fdText : undefined;
    const target = fdText?.(task.tid, call.retLo | 0);
    if (target !== undefined) text += `,"target":${ascii(targetOf(target))}`;
    return text;
  }

  private facts(task: Task, duration: number): string {
    const { blocked, queued, waker } = task.call;
    if (!this.options.scheduling || blocked < 0) return "";
    const cpu = Math.max(0, duration - blocked - queued);
    const text = `,"cpu":${seconds(cpu)},"queued":${seconds(queued)},"blocked":${seconds(blocked)}`;
    return waker > 0 ? `${text},"waker":${waker}` : text;
  }

  enter(task: Task, memory: Memory): void {
    if (this.filter && !this.filter(task, memory)) {
      this.entered.set(task, undefined);
      return;
    }
    this.values.begin();
    this.decoder.enter(task, memory);
    this.entered.set(task, this.values.end());
  }

  exit(task: Task, memory: Memory): void {
    const before = this.entered.get(task);
    this.entered.delete(task);
    if (before === undefined || !this.shows(task)) return;
    this.values.begin();
    this.decoder.exitArgs(task, memory);
    const args = joined(before, this.values.end());
    this.write(task, this.named(task, args) + this.result(task, memory), this.destinations.of(task), -1);
  }

  /** A line about anything but a call; `fields` is JSON of its own fields, beginning with a comma. */
  private event(type: string, task: Task, now: number, fields: string): void {
    const output = this.destinations.of(task);
    output.write(`{"type":"${type}","v":${JSON_VERSION},"ts":${this.stamp(now)},${ids(task)}${fields}}\n`);
    output.settle();
  }

  newTask(task: Task, attached: boolean): void {
    if (attached) this.event("attach", task, task.born || monotonicNow(), "");
    else if (task.parent !== 0)
      this.event("fork", task, task.born || monotonicNow(), `,"parent":${task.parent}`);
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    if (this.options.signals && !this.options.signals(event.signo)) return;
    let info = "";
    if (event.info) {
      this.detail.line = "";
      this.details.siginfo(task, undefined as unknown as Memory, event.info);
      info = `,"info":${escapeJson(this.detail.line)}`;
    }
    this.event("signal", task, now, `,"signal":"${signalName(event.signo)}"${info}`);
  }

  stopped(task: Task, signo: number, now: number): void {
    this.event("stopped", task, now, `,"signal":"${signalName(signo)}"`);
  }

  exec(task: Task, formerTid: number, now: number): void {
    this.event("exec", task, now, formerTid > 0 && formerTid !== task.tid ? `,"former":${formerTid}` : "");
  }

  superseded(task: Task, byTid: number, now: number): void {
    this.event("superseded", task, now, `,"by":${byTid}`);
    this.drop(task);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    this.unfinished(task, now);
    const how =
      event.signal === undefined
        ? `,"status":${event.status ?? 0}`
        : `,"signal":"${signalName(event.signal)}","core":${event.coreDumped}`;
    this.event("exit", task, now, how);
    this.drop(task);
  }

  /** A call that will never return has no `ret`. */
  private unfinished(task: Task, now: number): void {
    const args = this.entered.get(task);
    if (args === undefined || !task.inCall || !this.shows(task, false)) return;
    const { call } = task;
    const end = Math.max(call.entry, now);
    const line = `${HEAD}${this.stamp(call.entry)},${ids(task)}${this.named(task, args)},"duration":${seconds(end - call.entry)}}\n`;
    this.destinations.of(task).write(line);
  }

  detached(task: Task): void {
    this.event("detach", task, monotonicNow(), "");
    this.drop(task);
  }

  private drop(task: Task): void {
    this.entered.delete(task);
    this.destinations.done(task);
  }

  lost(count: number, reason: string, task?: Task): void {
    this.lossCount += count;
    const who = task ? `,${ids(task)}` : "";
    const now = this.stamp(monotonicNow());
    this.destinations
      .of(task ?? nobody)
      .write(
        `{"type":"lost","v":${JSON_VERSION},"ts":${now}${who},"count":${count},"reason":${ascii(reason)}}\n`,
      );
  }
}

/** For what is no task's, where every task has the same output. */
const nobody = undefined as unknown as Task;

function ids(task: Task): string {
  return `"pid":${task.pid},"tid":${task.tid},"comm":${ascii(task.comm)}`;
}

/** ns as seconds with nine decimals. */
function seconds(ns: number): string {
  const whole = Math.floor(ns / 1e9);
  return `${whole}.${String(Math.floor(ns - whole * 1e9)).padStart(NANOS, "0")}`;
}

/** Two objects in one. */
function joined(a: string, b: string): string {
  if (b === "{}") return a;
  return a === "{}" ? b : `${a.slice(0, -1)},${b.slice(1)}`;
}

function returned(task: Task): string {
  const { call } = task;
  const { retLo: lo, retHi: hi } = call;
  const kind = call.descriptor?.ret ?? "long";
  if (kind === "hex") {
    const text = hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, "0");
    return `"0x${text}"`;
  }
  if (kind === "fd" || kind === "pid" || call.abi === "i386") return String(lo | 0);
  const value = (kind === "ulong" ? hi : hi | 0) * HIGH + lo;
  return Number.isSafeInteger(value) ? String(value) : `"${(BigInt(hi) << 32n) | BigInt(lo)}"`;
}

function ascii(text: string): string {
  return jsonOf(wellFormed(text));
}

/** Writes a number as `count` decimal digits. */
function digits(bytes: Uint8Array, at: number, count: number, value: number): void {
  let rest = value | 0;
  // seconds since 1970 pass 2^31 in 2038
  if (value > 0x7fffffff) {
    const head = Math.floor(value / 10);
    bytes[at + count - 1] = ZERO + (value - head * 10);
    digits(bytes, at, count - 1, head);
    return;
  }
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}
