/** Where one service's lines go: the script of its log directory carried out, so that it can be killed at any moment. */
import { createHash } from "node:crypto";
import { closeSync, fsync, openSync, writeSync } from "node:fs";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import { bytesOf } from "../../base/bytes.ts";
import { readSmall, WRITING } from "../../base/small-file.ts";
import { tell } from "../../base/stderr.ts";
import { onEnd } from "../../kernel/children.ts";
import { send } from "../../kernel/signals.ts";
import { AREA_BYTES, takeArea } from "../area.ts";
import { words } from "../chain.ts";
import { alertText, STATUS_BYTES, statusText } from "../multilog/asides.ts";
import { Lines } from "../multilog/lines.ts";
import { LogDir, type Mark, type Pace } from "../multilog/log-dir.ts";
import type { Script } from "../multilog/script.ts";
import { parseScriptFile } from "./script-file.ts";
import type { Position, Spool } from "./spool.ts";

/** Between two attempts at what must succeed (ms). */
const RETRY_MS = 1000;
/** A complaint is repeated after this long (ms), the original's pause. */
const COMPLAIN_MS = 5000;
/** A processor that begins when we are to end already may take so long (ms). */
const LAST_PROCESSOR_MS = 5000;
const sync = promisify(fsync);

/** Input of whichever outlet is at work; nothing stays here while one waits. */
const input = takeArea();

export class Outlet {
  private readonly logs: LogDir[];
  private readonly names: string[];
  private readonly statuses: number[] = [];
  private lines: Lines;
  private readonly hash: string;
  private readonly script: Script;
  /** Ends the processor that runs. */
  private processor: (() => void) | undefined;
  private complaint = "";
  private complainedAt = Number.NEGATIVE_INFINITY;

  /** Reads the script. Throws an Error. */
  constructor(
    scriptPath: string,
    /** Where the script's names are looked up. */
    private readonly dir: string,
    private readonly spool: Spool,
    private readonly warn: (text: string) => void,
    /** Whether to give up what does not succeed. */
    private readonly leaving: () => boolean,
  ) {
    const text = readScript(scriptPath);
    this.hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
    this.script = parseScriptFile(text);
    const pace: Pace = {
      pause: (complaint) => this.pause(complaint),
      fsync: (fd) => sync(fd),
      ended: (pid) => this.processed(pid),
      groups: true,
    };
    const dirs = this.script.actions.flatMap((a) => (a.kind === "dir" ? a : []));
    this.names = dirs.map((a) => a.dir);
    this.logs = dirs.map((a) => new LogDir(a, pace, dir));
    this.lines = this.newLines();
  }

  private newLines(): Lines {
    return new Lines(
      this.script,
      this.logs.map((l) => l.pending),
      {
        alert: (line) => tell(alertText(line)),
        status: (index, line) => this.status(index, statusText(line)),
      },
      true,
    );
  }

  /** Takes the logs, and goes on where the spool says that a logger before us was. Throws Fatal, or a node:fs error. */
  async open(): Promise<void> {
    const { left } = this.spool;
    try {
      for (const [i, action] of this.script.actions.entries()) {
        if (action.kind !== "status") continue;
        const path = bytesOf(resolve(this.dir, action.file));
        closeSync(openSync(path, WRITING, 0o600));
        this.statuses[i] = openSync(path, "r+");
      }
      for (const [i, log] of this.logs.entries()) {
        const mark = left?.marks[this.names[i]];
        if (mark) await log.resume(mark);
        else await log.open();
      }
    } catch (error) {
      this.release();
      throw error;
    }
    if (left?.long) this.lines.resumeLong(left.script === this.hash ? left.long : this.logs.map(() => true));
    await this.commit(0);
  }

  private async pause(complaint: string): Promise<void> {
    // what was not written is still in the spool
    if (this.leaving()) throw new Error(`${complaint}; the rest is kept for the next logger`);
    const now = performance.now();
    if (complaint !== this.complaint || now - this.complainedAt > COMPLAIN_MS) {
      this.complaint = complaint;
      this.complainedAt = now;
      this.warn(complaint);
    }
    await new Promise((again) => setTimeout(again, RETRY_MS));
  }

  private processed(pid: number): Promise<number> {
    return new Promise<number>((ended, failed) => {
      const unwatch = onEnd(pid, ended);
      const giveUp = () => {
        if (this.processor !== giveUp) return;
        unwatch();
        // all of it: the next logger has the same done again, to the same file
        send(-pid, "SIGKILL");
        failed(new Error("it takes too long"));
      };
      this.processor = giveUp;
      if (this.leaving()) setTimeout(giveUp, LAST_PROCESSOR_MS);
    }).finally(() => {
      this.processor = undefined;
    });
  }

  /** Ends the processor that it waits for. */
  abandon(): void {
    this.processor?.();
  }

  /** Repeats what must succeed until it does. */
  async insist<T>(what: string, action: () => T): Promise<T> {
    for (;;) {
      try {
        return action();
      } catch (error) {
        await this.pause(`${what}, pausing: ${words(error)}`);
      }
    }
  }

  private get position(): Position {
    const marks: Record<string, Mark> = {};
    for (const [i, log] of this.logs.entries()) marks[this.names[i]] = log.mark;
    return { script: this.hash, marks, long: this.lines.longLine ?? null };
  }

  private commit(bytes: number): Promise<void> {
    return this.insist("unable to write supervise/spool", () => this.spool.commit(bytes, this.position));
  }

  /** Deals with what is in the spool, but for a line that is not finished. */
  async work(): Promise<void> {
    const { spool, lines } = this;
    lines.begin(0);
    for (;;) {
      const n = spool.read(input.bytes, 0, AREA_BYTES - 1);
      const done = lines.feed(input, 0, n);
      await this.settle(done);
      if (!lines.full && n < AREA_BYTES - 1) break;
    }
    await this.insist("unable to write supervise/spool", () => spool.compact());
  }

  /** Writes what the last `bytes` of input have become, and ends the files that are full. */
  private async settle(bytes: number): Promise<void> {
    for (const log of this.logs) {
      const writing = log.drain();
      if (writing) await writing;
    }
    await this.commit(bytes);
    if (!this.logs.some((log) => log.mark.due)) return;
    for (const log of this.logs) await log.endIfDue();
    await this.commit(0);
  }

  /** Ends the files there are, now. */
  async rotate(): Promise<void> {
    for (const log of this.logs) log.endSoon();
    await this.settle(0);
  }

  /** The end of a line that has none. */
  async finishLine(): Promise<void> {
    const n = this.spool.read(input.bytes, 0, AREA_BYTES - 1);
    this.lines.end(input, 0, n);
    await this.settle(n);
  }

  /** Everything on disk and marked as whole; what is in the spool stays for whoever opens the logs next. */
  async close(): Promise<void> {
    if (this.lines.longLine) await this.finishLine();
    for (const log of this.logs) await log.close();
    this.release();
  }

  /** Gives up the logs as they are. */
  release(): void {
    for (const log of this.logs) log.release();
    for (const fd of this.statuses.splice(0)) if (fd !== undefined) closeSync(fd);
  }

  private status(index: number, text: Buffer): void {
    const { file } = this.script.actions[index] as { file: string };
    try {
      writeSync(this.statuses[index], text, 0, STATUS_BYTES, 0);
    } catch (error) {
      this.warn(`unable to write ${file}: ${words(error)}`);
    }
  }
}

function readScript(path: string): string {
  try {
    return readSmall(path);
  } catch (error) {
    throw new Error(`unable to read ${basename(path)}: ${words(error)}`);
  }
}
