/** Lines of calls that are seen whole. Text of a call that equals an earlier one is not made again. */
import type { EventSink, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { Decoder } from "../decode/call.ts";
import type { Destinations, LineWriter } from "./line-writer.ts";
import { returnText } from "./returns.ts";
import type { TextSettings } from "./settings.ts";
import { durationText } from "./stamps.ts";
import { TextSink } from "./text-sink.ts";

/** Longer lines are not kept (bytes). */
const LONGEST_KEPT = 4096;

export class WholeLines implements EventSink {
  private readonly sink: TextSink;
  private readonly decoder: Decoder;
  /** By slot: up to the closing parenthesis, and from the equals sign. */
  private readonly heads: string[] = [];
  private readonly tails: string[] = [];
  /** By slot: whole lines, where nothing but the task comes before or after, and whose they are. */
  private readonly lines: (Uint8Array | undefined)[] = [];
  private readonly owners: number[] = [];
  /** Text depends on nothing but the call. */
  private readonly repeatable: boolean;
  /** Lines of a task begin alike and end with the result. */
  private readonly bare: boolean;

  constructor(
    private readonly settings: TextSettings,
    private readonly destinations: Destinations,
    private readonly inner: LineWriter,
  ) {
    this.sink = new TextSink(settings.decode);
    this.decoder = new Decoder(this.sink, settings.decode);
    const s = settings;
    this.repeatable = s.decode.fdText === undefined && s.decode.pidText === undefined;
    const stamps = s.timestamp !== "none" || s.relative || s.showNumber || s.showPointer || s.alwaysPid;
    this.bare = !stamps && s.duration === undefined && destinations.prefix !== "multi";
  }

  call(task: Task, atEntry: Memory, atExit: Memory): void {
    const { call } = task;
    const { statuses, duration, column } = this.settings;
    this.inner.noteAbi(task);
    if (statuses && !statuses.has(call.error === 0 ? "successful" : "failed")) return;
    const { slot } = call;
    const known = slot >= 0 && !call.fresh && this.repeatable;
    const output = this.destinations.of(task);
    const whole = known && this.bare && this.owners[slot] === task.tid ? this.lines[slot] : undefined;
    if (whole) {
      output.writeBytes(whole);
      output.settle();
      return;
    }
    let head = known ? this.heads[slot] : undefined;
    let tail = known ? this.tails[slot] : undefined;
    if (head === undefined || tail === undefined) {
      head = this.head(task, atEntry, atExit);
      tail = this.tail(task, atExit);
      if (slot >= 0) {
        this.heads[slot] = head;
        this.tails[slot] = tail;
      }
    }
    let line = this.inner.leader(task, call.entry) + head;
    if (line.length < column) line = line.padEnd(column);
    line += tail;
    if (duration) line += durationText(call.exit - call.entry, duration);
    line += "\n";
    if (slot >= 0 && this.bare) {
      // most calls that come once do not come again
      this.lines[slot] = known && line.length <= LONGEST_KEPT ? Buffer.from(line, "latin1") : undefined;
      this.owners[slot] = task.tid;
    }
    output.write(line);
    output.settle();
  }

  private head(task: Task, atEntry: Memory, atExit: Memory): string {
    const { sink } = this;
    sink.line = `${task.call.name}(`;
    sink.begin();
    // texts are used again whatever came before
    task.lastShown = "";
    if (!this.decoder.enter(task, atEntry)) {
      if (sink.any) sink.line += ", ";
      sink.resume();
      this.decoder.exitArgs(task, atExit);
    }
    return `${sink.line}) `;
  }

  private tail(task: Task, atExit: Memory): string {
    const { sink, decoder } = this;
    let text = `= ${returnText(task, this.settings)}`;
    if (task.call.error === 0) {
      sink.line = "";
      const aux = decoder.aux(task, atExit);
      if (aux !== undefined) text += ` (${aux})`;
    }
    return text;
  }

  newTask: EventSink["newTask"] = (t, a) => this.inner.newTask(t, a);
  otherAbi: EventSink["otherAbi"] = (t) => this.inner.otherAbi(t);
  enter: EventSink["enter"] = (t, m) => this.inner.enter(t, m);
  exit: EventSink["exit"] = (t, m) => this.inner.exit(t, m);
  signal: EventSink["signal"] = (t, e, n) => this.inner.signal(t, e, n);
  stopped: EventSink["stopped"] = (t, s, n) => this.inner.stopped(t, s, n);
  exec: EventSink["exec"] = (t, f) => this.inner.exec(t, f);
  superseded: EventSink["superseded"] = (t, b, n) => this.inner.superseded(t, b, n);
  exited: EventSink["exited"] = (t, e, n) => this.inner.exited(t, e, n);
  detached: EventSink["detached"] = (t) => this.inner.detached(t);
  lost: EventSink["lost"] = (c, r, t) => this.inner.lost(c, r, t);
}
