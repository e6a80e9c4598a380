/** One log directory: `current`, rotated into `@timestamp.s` files, optionally through a processor. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { tai64nLabel, unixNow } from "../../base/tai.ts";
import { lockFile } from "../../kernel/files.ts";
import { Fatal, words } from "../chain.ts";
import { runProcessor } from "./processor.ts";

const BUFFER = 16 * 1024;
/** The original writes, and looks whether a file is full, once so many bytes have come. */
const BLOCK = 512;
const NEWLINE = 10;
/** Rotation happens at a line's end once this close to the limit. */
const SLACK = 2000;
/** Bit of files that are whole. */
const DONE = 0o100;
const MODE_DONE = 0o744;
const O_PATH = 0o10000000;
const RETRY_MS = 5000;
const pause = new Int32Array(new SharedArrayBuffer(4));

const sleep = (ms: number) => Atomics.wait(pause, 0, 0, ms);

export class LogDir {
  private fd = -1;
  private bytes = 0;
  private readonly buffer = Buffer.alloc(BUFFER);
  private filled = 0;
  /** Bytes at the buffer's start whose file is decided. */
  private settled = 0;
  /** Leads to the directory even after it was renamed. */
  private base = "";

  constructor(
    private readonly dir: string,
    private readonly size: number,
    private readonly count: number,
    private readonly processor: string | undefined,
  ) {}

  private at(name: string): string {
    return join(this.base, name);
  }

  /** Takes the directory and recovers what an earlier run left. Throws Fatal. */
  open(): void {
    const { dir } = this;
    try {
      mkdirSync(dir, 0o700);
    } catch {
      // there already; if it is not, opening it says why
    }
    const fd = this.attempt(`unable to open directory ${dir}`, () =>
      openSync(dir, O_PATH | constants.O_DIRECTORY),
    );
    this.base = `/proc/self/fd/${fd}`;
    const lock = this.attempt(`unable to lock directory ${dir}`, () => lockFile(this.at("lock")));
    if (lock === undefined) throw new Fatal(`unable to lock directory ${dir}: temporary failure`);
    const current = this.attempt(`unable to stat ${dir}/current`, () =>
      statSync(this.at("current"), { throwIfNoEntry: false }),
    );
    if (current && (current.mode & DONE) !== 0) {
      this.attempt(`unable to append to ${dir}/current`, () => this.append());
      return;
    }
    this.leftovers();
    this.finish("current", "u");
    this.attempt(`unable to write to ${dir}/state`, () => closeSync(openSync(this.at("state"), "a", 0o644)));
    this.attempt(`unable to write to ${dir}/current`, () => this.append());
  }

  private attempt<T>(what: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new Fatal(what, error);
    }
  }

  /** What a processor or a crash left behind. */
  private leftovers(): void {
    for (const name of ["state", "newstate"]) this.remove(name);
    const processed = statSync(this.at("processed"), { throwIfNoEntry: false });
    if (processed && (processed.mode & DONE) !== 0) {
      this.finish("processed", "s");
      this.remove("previous");
    } else {
      this.remove("processed");
      this.finish("previous", "u");
    }
  }

  private remove(name: string): void {
    try {
      unlinkSync(this.at(name));
    } catch {
      // not there
    }
  }

  /** Gives a file, if it is there, its final name, `@timestamp.code`, and drops the oldest. */
  private finish(name: string, code: "s" | "u"): void {
    if (!existsSync(this.at(name))) return;
    this.insist(`unable to link to ${name} in ${this.dir}`, () => {
      const file = statSync(this.at(name));
      // two links: an earlier run died after it had made the name
      for (let linked = file.nlink > 1; !linked; ) {
        const { seconds, nanoseconds } = unixNow();
        try {
          linkSync(this.at(name), this.at(`${tai64nLabel(seconds, nanoseconds)}.${code}`));
          linked = true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
      }
      unlinkSync(this.at(name));
    });
    this.prune();
  }

  /** Opens `current`; not marked as whole while we write to it. */
  private append(): void {
    this.fd = openSync(this.at("current"), "a", 0o644);
    fchmodSync(this.fd, 0o644);
    this.bytes = fstatSync(this.fd).size;
  }

  private prune(): void {
    const old = readdirSync(this.base)
      .filter((n) => /^@[0-9a-f]{24}\./.test(n))
      .sort();
    while (old.length > this.count - 1) this.remove(old.shift()!);
  }

  /** Adds what patterns see of a line, in one piece. */
  put(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > BLOCK - this.unsettled) this.settle();
    this.copy(bytes, from, to);
    if (to - from > BLOCK) this.settle();
  }

  /** Adds the rest of a line, as if byte by byte. */
  putTail(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (this.unsettled === BLOCK) this.settle();
      const n = Math.min(to - at, BLOCK - this.unsettled);
      this.copy(bytes, at, at + n);
      at += n;
    }
  }

  private get unsettled(): number {
    return this.filled - this.settled;
  }

  private copy(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > this.buffer.length - this.filled) {
      this.settle();
      this.write();
    }
    this.buffer.set(bytes.subarray(from, to), this.filled);
    this.filled += to - from;
  }

  /**
   * Decides for what has come since the last time which file it goes to. Where the original would write a block we
   * only account for it, so that files break at the same places without as many system calls.
   */
  settle(): void {
    while (this.settled < this.filled) {
      if (this.bytes >= this.size) this.rotate();
      let length = Math.min(this.filled - this.settled, this.size - this.bytes);
      const nearLimit = this.size - SLACK;
      if (this.bytes + length >= nearLimit) {
        const newline = this.buffer.lastIndexOf(NEWLINE, this.settled + length - 1);
        if (newline >= this.settled) length = newline + 1 - this.settled;
      }
      this.settled += length;
      this.bytes += length;
      if (this.bytes >= nearLimit && this.buffer[this.settled - 1] === NEWLINE) this.rotate();
    }
  }

  /** Puts all there is into the file. */
  flush(): void {
    this.settle();
    this.write();
  }

  /** Writes what is settled; a full disk blocks here until there is room, so nothing is lost. */
  private write(): void {
    for (let done = 0; done < this.settled; ) {
      done += this.insist(`unable to write to ${this.dir}/current`, () =>
        writeSync(this.fd, this.buffer, done, this.settled - done),
      );
    }
    this.buffer.copyWithin(0, this.settled, this.filled);
    this.filled -= this.settled;
    this.settled = 0;
  }

  /** Repeats what must succeed until it does. */
  private insist<T>(what: string, action: () => T): T {
    for (;;) {
      try {
        return action();
      } catch (error) {
        process.stderr.write(`multilog: warning: ${what}, pausing: ${words(error)}\n`);
        sleep(RETRY_MS);
      }
    }
  }

  /** Closes `current` and begins a new one. */
  rotate(): void {
    const { dir } = this;
    this.write();
    this.insist(`unable to fsync ${dir}/current`, () => fsyncSync(this.fd));
    closeSync(this.fd);
    this.insist(`unable to rename current in ${dir}`, () =>
      renameSync(this.at("current"), this.at("previous")),
    );
    this.insist(`unable to create ${dir}/current`, () => this.append());
    this.insist(`unable to set mode of ${dir}/previous`, () => chmodSync(this.at("previous"), MODE_DONE));
    if (this.processor === undefined) {
      this.finish("previous", "s");
      return;
    }
    while (!this.insist(`unable to process in ${dir}`, () => runProcessor(this.base, this.processor!))) {
      process.stderr.write(`multilog: warning: processor failed in ${dir}, pausing\n`);
      sleep(RETRY_MS);
    }
    this.insist(`unable to rename state in ${dir}`, () => renameSync(this.at("newstate"), this.at("state")));
    this.finish("processed", "s");
    this.remove("previous");
  }

  /** The end of input: everything on disk, and `current` marked as whole. */
  close(): void {
    this.flush();
    const { dir } = this;
    this.insist(`unable to fsync ${dir}/current`, () => fsyncSync(this.fd));
    this.insist(`unable to set mode of ${dir}/current`, () => chmodSync(this.at("current"), MODE_DONE));
    closeSync(this.fd);
  }
}
