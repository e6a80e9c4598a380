/** One log directory: `current`, rotated into `@timestamp.s` files, optionally through a processor. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { resolve } from "node:path";
import { bytesOf, textOf } from "../../base/bytes.ts";
import { tai64nLabel } from "../../base/tai.ts";
import { lockFile, openAppend } from "../../kernel/files.ts";
import { endSignal } from "../../kernel/wait.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import { Fatal, words } from "../chain.ts";
import { fault } from "../fault.ts";
import { LogBuffer } from "./log-buffer.ts";
import { startProcessor } from "./processor.ts";

/** Bit of files that are whole. */
const DONE = 0o100;
const MODE_DONE = 0o744;
const MODE_OPEN = 0o644;
const O_PATH = 0o10000000;
/** `@` and 24 digits. */
const LABEL_BYTES = 25;

/** How a log waits: for the disk, for its processor, and for better times. */
export interface Pace {
  /** Says what is wrong; returns, or resolves, when it is time to try again. */
  pause(complaint: string): void | Promise<void>;
  /** Throws, or is rejected with, a node:fs error. */
  fsync(fd: number): void | Promise<void>;
  /** The raw wait status of a child. */
  ended(pid: number): number | Promise<number>;
  /** Processors get a process group each. */
  readonly groups?: boolean;
}

export interface LogDirOptions {
  readonly dir: string;
  /** Most bytes of a file. */
  readonly size: number;
  /** Most files, `current` included. */
  readonly count: number;
  readonly processor: string | undefined;
}

/** Which file `current` is, how much of it is ours for good, and whether it has to end there. */
export interface Mark {
  readonly inode: number;
  readonly bytes: number;
  readonly due: boolean;
}

export class LogDir {
  readonly pending: LogBuffer;
  private fd = -1;
  private inode = 0;
  /** Bytes in `current`. */
  private written = 0;
  private base = "";
  private readonly held: number[] = [];
  /** What is pending has been written by `drain`, and the file has to end. */
  private due = false;

  constructor(
    private readonly options: LogDirOptions,
    private readonly pace: Pace,
    /** Where the script's names are looked up; "" for our working directory. */
    private readonly within = "",
  ) {
    this.pending = new LogBuffer(options.size);
  }

  get mark(): Mark {
    return { inode: this.inode, bytes: this.written, due: this.due };
  }

  private at(name: string): string {
    return `${this.base}/${name}`;
  }

  /** Takes the directory and recovers what an earlier run left. Throws Fatal. */
  async open(): Promise<void> {
    const { dir } = this.options;
    if (this.take().done) return;
    await this.recover();
    this.attempt(`unable to write to ${dir}/state`, () =>
      closeSync(openSync(this.at("state"), "w", MODE_OPEN)),
    );
    this.attempt(`unable to write to ${dir}/current`, () => this.append());
  }

  /**
   * Goes on after this program alone has died, not the machine: what `current` holds beyond the mark is taken back, and
   * a rotation that had begun is finished. Throws Fatal.
   */
  async resume(mark: Mark): Promise<void> {
    const { dir } = this.options;
    const { inode, done } = this.take();
    if (done) return;
    if (inode !== mark.inode) {
      // what is here now is newer than the mark, and nothing was written since the rotation began
      this.attempt(`unable to append to ${dir}/current`, () => this.append());
      if (this.stat("previous") || this.stat("processed")) await this.retire(true);
      return;
    }
    this.attempt(`unable to append to ${dir}/current`, () => {
      this.append();
      if (this.written > mark.bytes) ftruncateSync(this.fd, mark.bytes);
    });
    this.written = Math.min(this.written, mark.bytes);
    this.pending.bytes = this.written;
    this.due = mark.due;
    await this.endIfDue();
  }

  /** Locks the directory; goes on with a `current` that was closed in order (`done`), by us or another multilog. */
  private take(): { inode: number | undefined; done: boolean } {
    const { dir } = this.options;
    this.lock();
    const current = this.attempt(`unable to stat ${dir}/current`, () => this.stat("current"));
    const done = current !== undefined && (current.mode & DONE) !== 0;
    if (done) this.attempt(`unable to append to ${dir}/current`, () => this.append());
    return { inode: current?.ino, done };
  }

  private lock(): void {
    const { dir } = this.options;
    // not resolve() where we are: the working directory's name need not be text
    const path = bytesOf(this.within === "" ? dir : resolve(this.within, dir));
    try {
      mkdirSync(path, 0o700);
    } catch {
      // there already; if it is not, opening it says why
    }
    const fd = this.attempt(`unable to open directory ${dir}`, () =>
      openSync(path, O_PATH | constants.O_DIRECTORY),
    );
    this.held.push(fd);
    // leads to the directory even after it was renamed
    this.base = `/proc/self/fd/${fd}`;
    this.attempt(`unable to open directory ${dir}`, () => accessSync(this.base, constants.X_OK));
    const lock = this.attempt(`unable to lock directory ${dir}`, () => lockFile(this.at("lock")));
    if (lock === undefined) throw new Fatal(`unable to lock directory ${dir}: temporary failure`);
    this.held.push(lock);
  }

  private attempt<T>(what: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.release();
      throw error instanceof Fatal ? error : new Fatal(what, error);
    }
  }

  private stat(name: string): Stats | undefined {
    return statSync(this.at(name), { throwIfNoEntry: false });
  }

  /** What a crash left: of what was written nobody knows how much reached the disk. */
  private async recover(): Promise<void> {
    for (const name of ["state", "newstate"]) this.unlink(name);
    const processed = this.attempt(`unable to stat ${this.options.dir}/processed`, () =>
      this.stat("processed"),
    );
    if (processed && (processed.mode & DONE) !== 0) {
      this.unlink("previous");
      await this.finish("processed", "s");
    } else {
      this.unlink("processed");
      await this.finish("previous", "u");
    }
    await this.finish("current", "u");
  }

  private unlink(name: string): void {
    try {
      unlinkSync(this.at(name));
    } catch {
      // not there
    }
  }

  /** Repeats what must succeed until it does. */
  private async insist<T>(what: string, action: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        await this.pace.pause(`${what}, pausing: ${words(error)}`);
      }
    }
  }

  /** Gives a file, if it is there, its final name, `@timestamp.code`, and drops the oldest. */
  private async finish(name: string, code: "s" | "u"): Promise<void> {
    const { dir } = this.options;
    const file = await this.insist(`unable to stat ${dir}/${name}`, () => this.stat(name));
    if (!file) return;
    // two links: an earlier run died after it had made the name
    for (let linked = file.nlink > 1; !linked; ) {
      const { seconds, nanoseconds } = wallClock();
      const label = `${tai64nLabel(seconds, nanoseconds)}.${code}`;
      await this.insist(`unable to link to ${dir}/${label}`, () => {
        try {
          linkSync(this.at(name), this.at(label));
          linked = true;
        } catch (error) {
          // that moment's name is taken: the next
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
      });
    }
    await this.insist(`unable to remove ${dir}/${name}`, () => unlinkSync(this.at(name)));
    // each character a byte, so that they are sorted as the original does
    const names = await this.insist(`unable to read ${dir}`, () => readdirSync(this.base, "latin1"));
    const old = names.filter((n) => n[0] === "@" && n.length >= LABEL_BYTES).sort();
    for (const oldest of old.slice(0, Math.max(0, old.length - this.options.count + 1))) {
      const name = textOf(Buffer.from(oldest, "latin1"));
      await this.insist(`unable to remove ${dir}/${name}`, () => unlinkSync(bytesOf(this.at(name))));
    }
  }

  /** Opens `current`; not marked as whole while we write to it. */
  private append(): void {
    this.fd = openAppend(this.at("current"), MODE_OPEN);
    fchmodSync(this.fd, MODE_OPEN);
    const { size, ino } = fstatSync(this.fd);
    this.inode = ino;
    this.written = size;
    this.pending.bytes = size;
  }

  /**
   * Puts all there is into files. Returns nothing when that could be done at once; else resolves when it is done: a full
   * disk blocks here until there is room, so nothing is lost.
   */
  flush(): void | Promise<void> {
    const { pending } = this;
    if (pending.filled === 0 && pending.cuts.length === 0) return;
    pending.settle();
    if (pending.cuts.length > 0) return this.flushPieces(0);
    let done = 0;
    try {
      done = writeSync(this.fd, pending.buffer, 0, pending.filled);
    } catch {
      // comes again below, with a complaint
    }
    this.written += done;
    if (done < pending.filled) return this.flushPieces(done);
    pending.clear();
  }

  private async flushPieces(from: number): Promise<void> {
    const { pending } = this;
    let at = from;
    for (const cut of pending.cuts) {
      await this.write(at, cut);
      await this.turn();
      at = cut;
    }
    await this.write(at, pending.filled);
    pending.clear();
  }

  private async write(from: number, to: number): Promise<void> {
    for (let at = from; at < to; ) {
      const n = await this.insist(`unable to write to ${this.options.dir}/current`, () =>
        writeSync(this.fd, this.pending.buffer, at, to - at),
      );
      at += n;
      this.written += n;
    }
  }

  /**
   * Writes what is pending as `flush` does, and leaves `current` open even if it has to end: then that is where what is
   * pending ends, and `endIfDue` does it.
   */
  drain(): void | Promise<void> {
    const { pending } = this;
    pending.settle();
    if (pending.cuts.length > 0) this.due = true;
    pending.cuts.length = 0;
    return this.flush();
  }

  async endIfDue(): Promise<void> {
    if (this.due) await this.turn();
    this.due = false;
  }

  /** Has `endIfDue` end the file, if there is anything in it. */
  endSoon(): void {
    if (this.written > 0) this.due = true;
  }

  /** Ends `current`, if there is anything in it, as soon as what is pending has been written. */
  async rotate(): Promise<void> {
    await this.flush();
    if (this.written === 0) return;
    this.pending.cut();
    await this.flush();
  }

  /** `current` becomes an old file, and a new one begins. */
  private async turn(): Promise<void> {
    const { dir } = this.options;
    await this.insist(`unable to write ${dir}/current to disk`, () => this.pace.fsync(this.fd));
    closeSync(this.fd);
    fault("rotate:synced");
    await this.insist(`unable to rename current to previous in directory ${dir}`, () =>
      renameSync(this.at("current"), this.at("previous")),
    );
    fault("rotate:moved");
    const { bytes } = this.pending;
    await this.insist(`unable to create ${dir}/current`, () => this.append());
    fault("rotate:begun");
    // the buffer is ahead of the file: it counts what it has settled
    this.pending.bytes = bytes;
    await this.retire(false);
  }

  /** `previous` becomes an old file, through the processor if there is one. */
  private async retire(resumed: boolean): Promise<void> {
    const { dir, processor } = this.options;
    const done = resumed ? this.stat("processed") : undefined;
    if (processor === undefined) {
      await this.markPrevious();
      await this.finish("previous", "s");
      return;
    }
    if (!done || (done.mode & DONE) === 0) {
      await this.markPrevious();
      await this.process(processor);
      await this.synced("processed", true);
      await this.synced("newstate", false);
    }
    if (!resumed || this.stat("previous"))
      await this.insist(`unable to remove ${dir}/previous`, () => unlinkSync(this.at("previous")));
    if (!resumed || this.stat("newstate")) {
      await this.insist(`unable to rename newstate to state in directory ${dir}`, () =>
        renameSync(this.at("newstate"), this.at("state")),
      );
    }
    await this.finish("processed", "s");
  }

  private async markPrevious(): Promise<void> {
    await this.insist(`unable to set mode of ${this.options.dir}/previous`, () =>
      chmodSync(this.at("previous"), MODE_DONE),
    );
  }

  /** Runs the processor until it succeeds; input is blocked meanwhile. */
  private async process(command: string): Promise<void> {
    const { dir } = this.options;
    for (;;) {
      try {
        const status = await this.pace.ended(startProcessor(this.base, command, this.pace.groups));
        if (status === 0) return;
        if (endSignal(status) !== 0) await this.pace.pause(`processor crashed in ${dir}, pausing`);
      } catch (error) {
        await this.pace.pause(`unable to run processor in ${dir}, pausing: ${words(error)}`);
      }
      await this.pace.pause(`processor failed in ${dir}, pausing`);
    }
  }

  /** Has a file that the processor made on the disk. */
  private async synced(name: string, whole: boolean): Promise<void> {
    const { dir } = this.options;
    const fd = await this.insist(`unable to create ${dir}/${name}`, () =>
      openSync(this.at(name), "a", MODE_OPEN),
    );
    await this.insist(`unable to write ${dir}/${name} to disk`, () => this.pace.fsync(fd));
    if (whole) {
      await this.insist(`unable to set mode of ${dir}/${name}`, () => fchmodSync(fd, MODE_DONE));
    }
    closeSync(fd);
  }

  /** The end of input: everything on disk, and `current` marked as whole. */
  async close(): Promise<void> {
    await this.flush();
    const { dir } = this.options;
    await this.insist(`unable to write ${dir}/current to disk`, () => this.pace.fsync(this.fd));
    await this.insist(`unable to set mode of ${dir}/current`, () => fchmodSync(this.fd, MODE_DONE));
    this.release();
  }

  /** Gives up the lock and the files as they are. */
  release(): void {
    for (const fd of this.held.splice(0)) closeSync(fd);
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
}
