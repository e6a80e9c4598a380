/**
 * Standard error of supervisors and of the shared logger. Whoever reads it may have stopped doing so, and services write
 * there too: a message that is not taken at once is dropped and counted, as nothing else may wait for it.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { tellBy } from "../base/stderr.ts";
import { writable } from "../kernel/poll.ts";

/** So much (PIPE_BUF) a pipe that takes anything takes at once and as a whole. */
const LONGEST = 4096;
const CUT = Buffer.from("...\n");
/** How often it is looked whether messages are taken again (ms). */
const LOOK_MS = 1000;
const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;

export class Messages {
  /** How many were dropped since one was taken. */
  private dropped = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly fd: number;

  constructor(
    fd: number,
    private readonly program: string,
  ) {
    this.fd = unhurried(fd);
  }

  say(message: Uint8Array): void {
    const fits = message.length <= LONGEST;
    const text = fits ? message : Buffer.concat([message.subarray(0, LONGEST - CUT.length), CUT]);
    if (this.countTold() && this.write(text)) return;
    this.dropped++;
    this.timer ??= setInterval(() => this.countTold(), LOOK_MS).unref();
  }

  /** Says how many were dropped, if any were; false if that is not taken either. */
  countTold(): boolean {
    if (this.dropped === 0) return true;
    const what = this.dropped === 1 ? "1 message" : `${this.dropped} messages`;
    if (
      !this.write(Buffer.from(`${this.program}: warning: ${what} not shown: standard error was not read\n`))
    )
      return false;
    this.dropped = 0;
    clearInterval(this.timer);
    this.timer = undefined;
    return true;
  }

  /** False if it would have to wait. What cannot be written at all (closed, no reader) is lost. */
  private write(text: Uint8Array): boolean {
    if (!writable(this.fd, 0)) return false;
    try {
      writeSync(this.fd, text);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EAGAIN";
    }
  }
}

/**
 * The same pipe or terminal opened anew, so that not to wait holds for us alone: between a look and a write others may fill
 * it. `fd` itself where that cannot be.
 */
function unhurried(fd: number): number {
  try {
    const stats = fstatSync(fd);
    if (!stats.isFIFO() && !stats.isCharacterDevice()) return fd;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}

/** From now on `tell` does not wait. */
export function neverWait(program: string): void {
  const messages = new Messages(2, program);
  tellBy((bytes) => messages.say(bytes));
  process.on("exit", () => messages.countTold());
}
