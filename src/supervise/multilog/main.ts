/** multilog: reads lines, selects them, stamps them and puts them into rotated logs. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { bytesOf } from "../../base/bytes.ts";
import { tell } from "../../base/stderr.ts";
import { readableOrSignal } from "../../kernel/poll.ts";
import { waitForEnd } from "../../kernel/wait.ts";
import { AREA_BYTES, takeArea } from "../area.ts";
import { Fatal, words } from "../chain.ts";
import { alert, STATUS_BYTES, statusText } from "./asides.ts";
import { Lines } from "./lines.ts";
import { PIECE } from "./log-buffer.ts";
import { LogDir, type Pace } from "./log-dir.ts";

import { parseScript, type Script } from "./script.ts";

/** A signal that arrives just before a wait is noticed after this long (ms); during it, at once. */
const SIGNAL_LATENCY = 1000;
/** While lines come without a pause, signals are looked at every so many reads. */
const READS_PER_TURN = 4;
const RETRY_MS = 5000;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function pause(complaint: string): void {
  warn(complaint);
  Atomics.wait(sleeper, 0, 0, RETRY_MS);
}

function warn(text: string): void {
  tell(`multilog: warning: ${text}\n`);
}

/** Nothing else may happen while we wait: input is blocked, as it is with the original. */
const pace: Pace = { pause, fsync: fsyncSync, ended: waitForEnd };

export class Multilog {
  private readonly script: Script;
  private readonly logs: LogDir[];
  private readonly lines: Lines;
  /** Descriptors of status files, by action. */
  private readonly statuses: number[] = [];
  private rotateAsked = false;
  private ending = false;

  constructor(argv: readonly string[]) {
    this.script = parseScript(argv);
    this.logs = this.script.actions.flatMap((a) => (a.kind === "dir" ? new LogDir(a, pace) : []));
    this.lines = new Lines(
      this.script,
      this.logs.map((l) => l.pending),
      { alert, status: (index, line) => this.status(index, statusText(line)) },
    );
  }

  /** Reads until the end of input or TERM; resolves to the exit code. Throws Fatal. */
  async run(): Promise<number> {
    for (const [i, action] of this.script.actions.entries()) {
      if (action.kind === "status") this.statuses[i] = openStatus(action.file);
    }
    for (const log of this.logs) await log.open();
    process.on("SIGTERM", () => {
      this.ending = true;
    });
    process.on("SIGALRM", () => {
      this.rotateAsked = true;
    });
    // from here on each turn sees the signals before it: we go on after the event loop has looked for them
    await turn();
    await this.read();
    for (const log of this.logs) await log.close();
    return 0;
  }

  private async read(): Promise<void> {
    const input = takeArea();
    const { lines } = this;
    let kept = 0;
    for (let reads = 0; !this.ending || lines.unfinished; ) {
      const ready = readableOrSignal(0, SIGNAL_LATENCY);
      if (ready === "readable") {
        // after TERM only the rest of the line is ours; what follows stays for the next reader
        const n = readInput(input.bytes, kept, this.ending ? 1 : AREA_BYTES - PIECE - 1);
        if (n === 0) break;
        const to = kept + n;
        lines.begin(kept);
        let at = 0;
        do {
          at = lines.feed(input, at, to);
          const writing = this.flush();
          if (writing) await writing;
        } while (lines.full);
        input.bytes.copyWithin(0, at, to);
        kept = to - at;
      }
      // lets signal handlers run
      if (ready !== "readable" || ++reads % READS_PER_TURN === 0 || this.ending) await turn();
      if (this.rotateAsked) {
        this.rotateAsked = false;
        for (const log of this.logs) await log.rotate();
      }
    }
    lines.end(input, 0, kept);
  }

  private flush(): void | Promise<void> {
    let all: Promise<void> | undefined;
    for (const log of this.logs) {
      if (all) all = all.then(() => log.flush());
      else all = log.flush() || undefined;
    }
    return all;
  }

  private status(index: number, text: Buffer): void {
    const { file } = this.script.actions[index] as { file: string };
    for (;;) {
      try {
        if (writeSync(this.statuses[index], text, 0, STATUS_BYTES, 0) === STATUS_BYTES) return;
        pause(`unable to write ${file}, pausing: out of disk space`);
      } catch (error) {
        pause(`unable to write ${file}, pausing: ${words(error)}`);
      }
    }
  }
}

/** An error is the end of input, as the original has it. */
function readInput(into: Buffer, at: number, length: number): number {
  try {
    return readSync(0, into, at, length, null);
  } catch {
    return 0;
  }
}

/** Made if it is not there; what it says stays until there is something new. Throws Fatal. */
function openStatus(file: string): number {
  try {
    const path = bytesOf(file);
    closeSync(openSync(path, "a", 0o600));
    return openSync(path, "r+");
  } catch (error) {
    throw new Fatal(`unable to create ${file}`, error);
  }
}
