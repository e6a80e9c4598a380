/** Events as strace's text. */
import { signalName } from "../abi/signals.ts";
import { type Abi, isIndirect, madeThrough } from "../abi/syscalls.ts";
import type { Call, EventSink, ExitEvent, SignalEvent, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { Decoder } from "../decode/call.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { attachText } from "./attach-text.ts";
import { writeDump } from "./dumps.ts";
import { escapeName } from "./escape.ts";
import type { Output } from "./output.ts";
import { injectedText, returnText } from "./returns.ts";
import type { TextSettings } from "./settings.ts";
import { durationText, relativeStamp, stamp } from "./stamps.ts";
import { TextSink } from "./text-sink.ts";

/** Which output a task writes to, and how its lines begin. */
export interface Destinations {
  /** The task's output, opened on first use. */
  of(task: Task): Output;
  /** The task will write no more. */
  done(task: Task): void;
  /** "file": `123 `; "multi": `[pid   123] ` while there are several; "none". */
  readonly prefix: "file" | "multi" | "none";
  /** Lines of different tasks share an output, so a line can be interrupted. */
  readonly shared: boolean;
  flush(): void;
}

interface Line {
  /** Text of the call so far, kept back until its status is known. */
  held: string;
  /** Characters on the current line of the output. */
  column: number;
  /** All arguments have been printed. */
  complete: boolean;
  /** The line was broken off as <unfinished ...>. */
  broken: boolean;
  /** Where the call was made, if that had to be looked up before it left no trace of it. */
  stack: string;
}

/** Calls after which the memory that says where they were made is gone. */
const fatal = new Set(["execve", "execveat", "exit", "exit_group"]);

export class LineWriter implements EventSink {
  private readonly sink: TextSink;
  private readonly decoder: Decoder;
  private readonly lines = new Map<Task, Line>();
  /** The task whose line is open, per shared output. */
  private open: Task | undefined;
  private last = 0;
  private count = 0;
  private readonly hold: boolean;
  /** ABI of the last call of tasks where it was not the machine's own, by tid. */
  private readonly foreign = new Map<number, Abi>();

  constructor(
    private readonly settings: TextSettings,
    private readonly destinations: Destinations,
    /** Messages of the tracer itself: `strace: Process 1 attached`. */
    private readonly message: (text: string) => void,
    /** Calls left out although the engine reported them (-P). */
    private readonly filter?: (task: Task, memory: Memory) => boolean,
  ) {
    this.sink = new TextSink(settings.decode);
    this.decoder = new Decoder(this.sink, settings.decode);
    this.hold = settings.statuses !== undefined;
  }

  newTask(task: Task, attached: boolean): void {
    this.count++;
    const abi = this.foreign.get(task.parent);
    if (abi) this.foreign.set(task.tid, abi);
    this.lines.set(task, { held: "", column: 0, complete: false, broken: false, stack: "" });
    const text = this.settings.quiet.has("attach") ? undefined : attachText(task, attached);
    if (text !== undefined) this.message(text);
  }

  enter(task: Task, memory: Memory): void {
    const line = this.lines.get(task);
    if (!line) return;
    this.noteAbi(task);
    if (this.filter && !this.filter(task, memory)) {
      line.held = "skip";
      return;
    }
    const { sink, settings } = this;
    line.stack = settings.stack && fatal.has(task.call.name) ? settings.stack(task) : "";
    const lead = this.leader(task, task.call.entry);
    sink.line = `${lead}${task.call.name}(`;
    sink.begin();
    line.complete = this.decoder.enter(task, memory);
    task.lastShown = task.call.name;
    if (!line.complete && sink.any) sink.line += ", ";
    line.broken = false;
    if (this.hold) {
      line.held = sink.line;
      return;
    }
    this.breakOther(task);
    line.column = sink.line.length;
    const output = this.destinations.of(task);
    output.write(sink.line);
    // the call may take its time, and what it writes itself must come after
    output.settle();
    if (this.destinations.shared) this.open = task;
  }

  /** A task's call is about to be shown. */
  noteAbi(task: Task): void {
    if (task.call.abi !== "x86_64" || this.foreign.size > 0) this.otherAbi(task);
  }

  otherAbi(task: Task): void {
    const { abi, entry } = task.call;
    if (abi === (this.foreign.get(task.tid) ?? "x86_64")) return;
    if (abi === "x86_64") this.foreign.delete(task.tid);
    else this.foreign.set(task.tid, abi);
    const mode = modes[abi];
    if (mode !== undefined && !this.settings.quiet.has("personality"))
      this.whole(task, entry, `[ Process PID=${task.tid} runs in ${mode} mode. ]`);
  }

  exit(task: Task, memory: Memory): void {
    const line = this.lines.get(task);
    if (!line || line.held === "skip") {
      if (line) line.held = "";
      return;
    }
    const { sink, settings } = this;
    const start = this.startOfExit(task, line, task.call.error === 0 ? "successful" : "failed");
    if (start === undefined) return;
    sink.line = start;
    sink.resume();
    if (!line.complete) this.decoder.exitArgs(task, memory);
    sink.line += ") ";
    this.pad(line);
    sink.line += `= ${returnText(task, settings)}`;
    if (task.call.error === 0) {
      const aux = this.decoder.aux(task, memory);
      if (aux !== undefined) sink.line += ` (${aux})`;
    }
    sink.line += injectedText(task.call);
    if (settings.duration) sink.line += durationText(task.call.exit - task.call.entry, settings.duration);
    const stack = line.stack || (settings.stack?.(task) ?? "");
    line.stack = "";
    if (!settings.dumps) {
      this.end(task, line, `${sink.line}\n${stack}`);
      return;
    }
    this.put(task, `${sink.line}\n`);
    writeDump(task.call, memory, settings.dumps, (text) => this.put(task, text));
    this.end(task, line, stack);
  }

  /** Text to begin the rest of a call with; undefined if the call is not shown. */
  private startOfExit(
    task: Task,
    line: Line,
    status: "successful" | "failed" | "unfinished",
  ): string | undefined {
    if (this.hold) {
      const { held } = line;
      line.held = "";
      if (!this.settings.statuses!.has(status)) {
        line.stack = "";
        return undefined;
      }
      this.breakOther(task);
      line.column = 0;
      return held;
    }
    if (this.open === task || (!this.destinations.shared && !line.broken)) return "";
    this.breakOther(task);
    line.column = 0;
    return `${this.leader(task, monotonicNow())}<... ${task.call.name} resumed>`;
  }

  private pad(line: Line): void {
    const column = line.column + this.sink.line.length;
    if (column < this.settings.column) this.sink.line += " ".repeat(this.settings.column - column);
  }

  private end(task: Task, line: Line, text: string): void {
    this.put(task, text);
    line.column = 0;
    line.broken = false;
    if (this.open === task) this.open = undefined;
    this.destinations.of(task).settle();
  }

  /** Another task is about to write: its unfinished line ends here. */
  private breakOther(task: Task): void {
    if (!this.open || this.open === task) return;
    const other = this.open;
    this.put(other, " <unfinished ...>\n");
    const line = this.lines.get(other);
    if (line) {
      line.broken = true;
      line.column = 0;
    }
    this.open = undefined;
  }

  private put(task: Task, text: string): void {
    this.destinations.of(task).write(text);
  }

  /** What a line of a task begins with. */
  leader(task: Task, now: number, dead = false): string {
    const s = this.settings;
    const { prefix } = this.destinations;
    let text = "";
    if (prefix === "file" || s.alwaysPid) text = `${this.pidText(task, prefix === "file" ? 5 : 0)} `;
    else if (prefix === "multi" && this.count > 1) text = `[pid ${this.pidText(task, -5)}] `;
    if (s.timestamp !== "none") text += stamp(s, now);
    if (s.relative) {
      text += relativeStamp(s, this.last === 0 ? 0 : now - this.last);
      this.last = now;
    }
    if (s.showNumber) text += `[${numberOf(task.call)}] `;
    if (s.showPointer) text += `[${pointerText(task.call, dead)}] `;
    return text;
  }

  /** The pid, padded left (negative width) or right, with its comm under -Y. */
  private pidText(task: Task, width: number): string {
    // one that has ended can no longer be asked
    const { pidText, hexStrings } = this.settings.decode;
    const comm = pidText && (pidText(task.tid) ?? escapeName(task.comm, hexStrings));
    const text = String(task.tid);
    const padded = width < 0 ? text.padStart(-width) : text.padEnd(comm === undefined ? width : 0);
    return comm === undefined ? padded : `${padded}<${comm}>`;
  }

  /** A line of its own: signals, ends. */
  private whole(task: Task, now: number, body: string, { dead = false, stack = false } = {}): void {
    if (this.open && this.open !== task) this.breakOther(task);
    else if (this.open === task) {
      this.put(task, " <unfinished ...>\n");
      const line = this.lines.get(task);
      if (line) {
        line.broken = true;
        line.column = 0;
      }
      this.open = undefined;
    }
    this.put(task, `${this.leader(task, now, dead)}${body}\n${(stack && this.settings.stack?.(task)) || ""}`);
    this.destinations.of(task).settle();
  }

  signal(task: Task, event: SignalEvent, now: number): void {
    if (this.settings.signals && !this.settings.signals(event.signo)) return;
    if (!event.info) {
      this.whole(task, now, `--- ${signalName(event.signo)} ---`, { stack: true });
      return;
    }
    this.sink.line = "";
    this.decoder.siginfo(task, noMemory, event.info);
    this.whole(task, now, `--- ${signalName(event.signo)} ${this.sink.line} ---`, { stack: true });
  }

  stopped(task: Task, signo: number, now: number): void {
    if (this.settings.signals && !this.settings.signals(signo)) return;
    this.whole(task, now, `--- stopped by ${signalName(signo)} ---`, { stack: true });
  }

  exec(task: Task, formerTid: number): void {
    if (formerTid <= 0 || formerTid === task.tid) return;
    // the line begun under the former tid is resumed under the leader's
    const line = this.lines.get(task);
    if (!line) return;
    if (this.open === task) this.breakOpen();
    if (this.destinations.shared) return;
    if (line.column > 0) this.put(task, ` <pid changed to ${task.tid} ...>\n`);
    line.broken = true;
    line.column = 0;
    this.destinations.done(task);
  }

  private breakOpen(): void {
    const task = this.open!;
    this.put(task, " <unfinished ...>\n");
    const line = this.lines.get(task);
    if (line) {
      line.broken = true;
      line.column = 0;
    }
    this.open = undefined;
  }

  superseded(task: Task, byTid: number, now: number): void {
    this.finishCall(task);
    if (!this.settings.quiet.has("thread-execve")) {
      this.whole(task, now, `+++ superseded by execve in pid ${byTid} +++`);
    }
    this.drop(task);
  }

  exited(task: Task, event: ExitEvent, now: number): void {
    this.finishCall(task);
    const { signals } = this.settings;
    if (event.signal !== undefined) {
      const core = event.coreDumped ? "(core dumped) " : "";
      const body = `+++ killed by ${signalName(event.signal)} ${core}+++`;
      if (!signals || signals(event.signal)) this.whole(task, now, body, { dead: true });
    } else if (!this.settings.quiet.has("exit")) {
      this.whole(task, now, `+++ exited with ${event.status} +++`, { dead: true });
    }
    const stack = this.lines.get(task)?.stack;
    if (stack) this.put(task, stack);
    this.drop(task);
  }

  /** A call that will never return ends as `= ?`. */
  private finishCall(task: Task): void {
    const line = this.lines.get(task);
    if (!line || !task.inCall || line.held === "skip") return;
    if (!this.hold && line.column === 0 && !line.broken) return;
    const start = this.startOfExit(task, line, "unfinished");
    if (start === undefined) return;
    this.sink.line = `${start}${line.complete ? "" : " <unfinished ...>"}) `;
    this.pad(line);
    this.end(task, line, `${this.sink.line}= ?\n`);
  }

  detached(task: Task): void {
    const line = this.lines.get(task);
    if (!this.settings.quiet.has("attach")) this.message(`Process ${task.tid} detached`);
    if (this.hold) this.detachHeld(task, line);
    else if (line && this.open === task) {
      this.put(task, " <detached ...>\n");
      this.open = undefined;
    } else if (line && task.inCall && line.broken) {
      this.breakOther(task);
      this.put(task, `${this.leader(task, monotonicNow())}<... ${task.call.name} resumed> <detached ...>\n`);
    } else if (line && task.inCall && !this.destinations.shared && line.column > 0)
      this.put(task, " <detached ...>\n");
    this.drop(task);
  }

  /** A line that has been kept back until its status was known. */
  private detachHeld(task: Task, line: Line | undefined): void {
    if (!line || !task.inCall || line.held === "" || line.held === "skip") return;
    if (!this.settings.statuses!.has("detached")) return;
    this.breakOther(task);
    this.put(task, `${line.held} <detached ...>\n`);
  }

  private drop(task: Task): void {
    if (!this.lines.delete(task)) return;
    this.foreign.delete(task.tid);
    this.count--;
    this.destinations.done(task);
  }

  lost(count: number, reason: string, task?: Task): void {
    this.lossCount += count;
    if (task) this.whole(task, monotonicNow(), `+++ ${count} events lost: ${reason} +++`);
    else this.message(`${count} events lost: ${reason}`);
  }
  /** Events not shown because the engine could not deliver them. */
  lossCount = 0;

  flush(): void {
    this.destinations.flush();
  }
}

const X32_BIT = 0x40000000;

/** The number in the register. */
function numberOf({ abi, nr, descriptor }: Call): string {
  if (nr === -1) return "???";
  if (nr < 0) return String(BigInt.asUintN(64, BigInt(nr)));
  if (abi === "x32") return String(nr + X32_BIT);
  return String(descriptor && isIndirect(abi, nr) ? madeThrough(nr) : nr).padStart(4);
}

/** As many digits as the ABI's pointers have. */
function pointerText({ abi, ipLo, ipHi }: Call, dead: boolean): string {
  const short = abi === "i386" || abi === "x32";
  if (dead) return "?".repeat(short ? 8 : 16);
  const digits = (n: number) => n.toString(16).padStart(8, "0");
  if (!short) return digits(ipHi) + digits(ipLo);
  return (ipHi === 0 ? "" : ipHi.toString(16)) + digits(ipLo);
}

/** A siginfo is complete in itself. */
const noMemory = undefined as unknown as Memory;

/** What strace calls the ABIs of this machine. */
const modes: Readonly<Partial<Record<Abi, string>>> = { x86_64: "64 bit", i386: "32 bit", x32: "x32" };
