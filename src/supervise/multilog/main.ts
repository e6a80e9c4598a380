/** multilog: reads lines, selects them, stamps them and puts them into rotated logs. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { tai64nLabel, unixNow } from "../../base/tai.ts";
import { readable } from "../../kernel/poll.ts";
import { LogDir } from "./log-dir.ts";
import { matches } from "./match.ts";
import { type Action, parseScript } from "./script.ts";

const CHUNK = 65536;
/** What patterns and status files see of a line, the stamp included. */
const SEEN = 1000;
const STDERR_SEEN = 200;
const STATUS_BYTES = 1001;
const NEWLINE = 10;
/** How long a read waits before signals are looked at (ms). */
const SIGNAL_LATENCY = 200;

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
    for (const { log } of this.targets) log?.open();
    process.on("SIGTERM", () => {
      this.ending = true;
    });
    process.on("SIGALRM", () => {
      this.rotateAsked = true;
    });
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      if (this.ending && !this.started) break;
      const ready = readable(0, 0) || (this.flushAll(), readable(0, SIGNAL_LATENCY));
      if (ready) {
        // after TERM only the rest of the line is ours; what follows stays for the next reader
        const n = readSync(0, chunk, 0, this.ending ? 1 : CHUNK, null);
        if (n === 0) break;
        this.take(chunk, n);
      }
      // lets signal handlers run
      if (!ready || n16(++this.turns)) await new Promise((resolve) => setImmediate(resolve));
      if (this.rotateAsked) {
        this.rotateAsked = false;
        for (const { log } of this.targets) log?.rotate();
      }
    }
    if (this.started) this.endOfLine();
    for (const { log } of this.targets) log?.close();
    return 0;
  }
  private turns = 0;

  private flushAll(): void {
    for (const { log } of this.targets) log?.flush();
  }

  private take(chunk: Buffer, n: number): void {
    let at = 0;
    while (at < n) {
      if (!this.started) this.startLine();
      const end = chunk.subarray(0, n).indexOf(NEWLINE, at);
      const stop = end < 0 ? n : end;
      this.append(chunk, at, stop);
      at = stop;
      if (end >= 0) {
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
    if (at < to && this.chosen) for (const t of this.chosen) t.log?.write(chunk, at, to);
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
          target.log!.write(line, 0, length);
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
      const fd = openSync(file, "a", 0o644);
      closeSync(fd);
      const out = openSync(file, "r+");
      writeSync(out, bytes, 0, STATUS_BYTES, 0);
      closeSync(out);
    } catch (error) {
      process.stderr.write(`multilog: warning: unable to write to ${file}: ${(error as Error).message}\n`);
    }
  }

  private endOfLine(): void {
    if (!this.chosen) this.choose();
    for (const t of this.chosen!) t.log?.write(newline, 0, 1);
    this.started = false;
  }
}

const newline = Buffer.of(NEWLINE);
const n16 = (n: number): boolean => (n & 15) === 0;
