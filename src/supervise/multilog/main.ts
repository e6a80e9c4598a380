/** multilog: reads lines, selects them, stamps them and puts them into rotated logs. */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { tai64nLabel, unixNow } from "../../base/tai.ts";
import { readableOrSignal } from "../../kernel/poll.ts";
import { Fatal, words } from "../chain.ts";
import { LogDir } from "./log-dir.ts";
import { matches } from "./match.ts";
import { type Action, parseScript } from "./script.ts";

const CHUNK = 65536;
/** The original reads so many bytes at a time, and writes before it reads. */
const READ = 1024;
/** What patterns and status files see of a line, the stamp included. */
const SEEN = 1000;
const STDERR_SEEN = 200;
const STATUS_BYTES = 1001;
const NEWLINE = 10;
/** A signal that arrives just before a wait is noticed after this long (ms); during it, at once. */
const SIGNAL_LATENCY = 1000;
/** While lines come without a pause, signals are looked at every so many reads. */
const READS_PER_TURN = 16;

interface Target {
  readonly action: Action;
  readonly log: LogDir | undefined;
}

export class Multilog {
  private readonly stamp: boolean;
  private readonly targets: Target[];
  /** Bytes of the current line, up to SEEN. */
  private readonly line = Buffer.alloc(SEEN);
  private length = 0;
  /** Targets of the line after its first SEEN bytes have been looked at. */
  private chosen: Target[] | undefined;
  private started = false;
  private rotateAsked = false;
  private ending = false;

  constructor(argv: readonly string[]) {
    const script = parseScript(argv);
    this.stamp = script.stamp;
    this.targets = script.actions.map((action) => ({
      action,
      log:
        action.kind === "dir"
          ? new LogDir(action.dir, action.size, action.count, action.processor)
          : undefined,
    }));
  }

  /** Reads until the end of input or TERM; resolves to the exit code. */
  async run(): Promise<number> {
    for (const { action, log } of this.targets) {
      log?.open();
      if (action.kind === "status") createStatus(action.file);
    }
    process.on("SIGTERM", () => {
      this.ending = true;
    });
    process.on("SIGALRM", () => {
      this.rotateAsked = true;
    });
    const chunk = Buffer.alloc(CHUNK);
    // from here on each turn sees the signals before it: we go on after the event loop has looked for them
    await turn();
    for (let reads = 0; !this.ending || this.started; ) {
      let input = readableOrSignal(0, 0);
      if (input !== "readable") {
        for (const { log } of this.targets) log?.flush();
        input = readableOrSignal(0, SIGNAL_LATENCY);
      }
      if (input === "readable") {
        // after TERM only the rest of the line is ours; what follows stays for the next reader
        const n = readSync(0, chunk, 0, this.ending ? 1 : CHUNK, null);
        if (n === 0) break;
        for (let at = 0; at < n; at += READ) {
          this.take(chunk, at, Math.min(n, at + READ));
          for (const { log } of this.targets) log?.settle();
        }
      }
      // lets signal handlers run
      if (input !== "readable" || ++reads % READS_PER_TURN === 0 || this.ending) await turn();
      if (this.rotateAsked) {
        this.rotateAsked = false;
        for (const { log } of this.targets) log?.rotate();
      }
    }
    if (this.started) this.endOfLine();
    for (const { log } of this.targets) log?.close();
    return 0;
  }

  private take(chunk: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (!this.started) this.startLine();
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline < 0 || newline > to ? to : newline;
      this.append(chunk, at, end);
      at = end;
      if (end === newline && end < to) {
        this.endOfLine();
        at++;
      }
    }
  }

  private startLine(): void {
    this.started = true;
    this.length = 0;
    this.chosen = undefined;
    if (!this.stamp) return;
    const { seconds, nanoseconds } = unixNow();
    this.length = this.line.write(`${tai64nLabel(seconds, nanoseconds)} `, 0, "latin1");
  }

  private append(chunk: Buffer, from: number, to: number): void {
    let at = from;
    if (this.length < SEEN) {
      const n = Math.min(to - at, SEEN - this.length);
      this.line.set(chunk.subarray(at, at + n), this.length);
      this.length += n;
      at += n;
      if (this.length === SEEN) this.choose();
    }
    if (at < to && this.chosen) for (const t of this.chosen) t.log?.putTail(chunk, at, to);
  }

  /** Decides where the line goes, now that all that patterns may see is there, and writes its beginning. */
  private choose(): void {
    const { line, length } = this;
    let selected = true;
    const chosen: Target[] = [];
    for (const target of this.targets) {
      const { action } = target;
      if (action.kind === "select") {
        if (selected !== action.keep && matches(action.pattern, line, 0, length)) selected = action.keep;
      } else if (selected) {
        if (action.kind === "stderr") this.toStderr();
        else if (action.kind === "status") this.toStatus(action.file);
        else {
          chosen.push(target);
          target.log!.put(line, 0, length);
        }
      }
    }
    this.chosen = chosen;
  }

  private toStderr(): void {
    const n = Math.min(this.length, STDERR_SEEN);
    const tail = this.length > STDERR_SEEN ? "...\n" : "\n";
    writeSync(2, Buffer.concat([this.line.subarray(0, n), Buffer.from(tail)]));
  }

  private toStatus(file: string): void {
    const bytes = Buffer.alloc(STATUS_BYTES, NEWLINE);
    bytes.set(this.line.subarray(0, this.length));
    try {
      // in place, so that a reader finds one whole line or the other
      const fd = openSync(file, "r+");
      writeSync(fd, bytes, 0, STATUS_BYTES, 0);
      closeSync(fd);
    } catch (error) {
      process.stderr.write(`multilog: warning: unable to write to ${file}: ${words(error)}\n`);
    }
  }

  private endOfLine(): void {
    if (!this.chosen) this.choose();
    for (const t of this.chosen!) t.log?.putTail(newline, 0, 1);
    this.started = false;
  }
}

const newline = Buffer.of(NEWLINE);

/** Throws Fatal. */
function createStatus(file: string): void {
  try {
    closeSync(openSync(file, "a", 0o600));
  } catch (error) {
    throw new Fatal(`unable to create ${file}`, error);
  }
}
