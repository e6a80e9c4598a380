/** One log directory: `current`, rotated into `@timestamp.s` files, optionally through a processor. */
import {
  chmodSync,
  closeSync,
  existsSync,
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
import { djbWords } from "../../base/djb.ts";
import { tai64nLabel, unixNow } from "../../base/tai.ts";
import { lockFile } from "../../kernel/files.ts";
import { ChildScript } from "../../kernel/spawn.ts";
import { waitStopped } from "../../kernel/tracewait.ts";

const BUFFER = 16 * 1024;
/** Rotation happens at a line's end once this close to the limit. */
const SLACK = 2000;
const DONE = 0o100;
const RETRY_MS = 5000;
const STATE_FD = 4;
const NEWSTATE_FD = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

const sleep = (ms: number) => Atomics.wait(pause, 0, 0, ms);

export class LogDir {
  private fd = -1;
  private bytes = 0;
  private readonly buffer = Buffer.alloc(BUFFER);
  private filled = 0;

  constructor(
    private readonly dir: string,
    private readonly size: number,
    private readonly count: number,
    private readonly processor: string | undefined,
  ) {}

  private at(name: string): string {
    return join(this.dir, name);
  }

  /** Takes the directory and recovers what an earlier run left. Throws a message for `multilog: fatal:`. */
  open(): void {
    try {
      mkdirSync(this.dir, { mode: 0o700 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw new Error(`unable to open directory ${this.dir}: ${djbWords(code)}`);
    }
    const lock = lockFile(this.at("lock"));
    if (lock === undefined) throw new Error(`unable to lock directory ${this.dir}: temporary failure`);
    const current = statSync(this.at("current"), { throwIfNoEntry: false });
    if (current && (current.mode & DONE) !== 0) {
      this.fd = openSync(this.at("current"), "a", 0o644);
      this.bytes = fstatSync(this.fd).size;
      chmodSync(this.at("current"), 0o644);
      return;
    }
    this.leftovers();
    if (current) this.finish("current", "u");
    closeSync(openSync(this.at("state"), "w", 0o644));
    this.fresh();
    this.prune();
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
      if (existsSync(this.at("previous"))) this.finish("previous", "u");
    }
  }

  private remove(name: string): void {
    try {
      unlinkSync(this.at(name));
    } catch {
      // not there
    }
  }

  /** Gives a file its final name, `@timestamp.code`. */
  private finish(name: string, code: "s" | "u"): void {
    for (;;) {
      const { seconds, nanoseconds } = unixNow();
      try {
        linkSync(this.at(name), this.at(`${tai64nLabel(seconds, nanoseconds)}.${code}`));
        unlinkSync(this.at(name));
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
          this.complain(`unable to link to ${this.dir}`, error);
        }
      }
    }
  }

  private fresh(): void {
    this.fd = openSync(this.at("current"), "a", 0o644);
    chmodSync(this.at("current"), 0o644);
    this.bytes = 0;
  }

  private prune(): void {
    const old = readdirSync(this.dir)
      .filter((n) => /^@[0-9a-f]{24}\./.test(n))
      .sort();
    while (old.length > this.count - 1) this.remove(old.shift()!);
  }

  /** Adds bytes of one line; rotation waits for a line's end unless the file is full. */
  write(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const n = Math.min(to - at, this.size - this.bytes, BUFFER - this.filled);
      this.buffer.set(bytes.subarray(at, at + n), this.filled);
      this.filled += n;
      this.bytes += n;
      at += n;
      const newline = n > 0 && bytes[at - 1] === 10;
      if (this.bytes >= this.size || (newline && this.bytes >= this.size - SLACK)) this.rotate();
      else if (this.filled === BUFFER) this.flush();
    }
  }

  /** Writes what is buffered; a full disk blocks here until there is room, so nothing is lost. */
  flush(): void {
    let done = 0;
    while (done < this.filled) {
      try {
        done += writeSync(this.fd, this.buffer, done, this.filled - done);
      } catch (error) {
        this.complain(`unable to write to ${this.dir}/current`, error);
      }
    }
    this.filled = 0;
  }

  private complain(what: string, error: unknown): void {
    const words = djbWords((error as NodeJS.ErrnoException).code);
    process.stderr.write(`multilog: warning: ${what}, pausing: ${words}\n`);
    sleep(RETRY_MS);
  }

  /** Closes `current` and begins a new one. */
  rotate(): void {
    this.flush();
    fsyncSync(this.fd);
    closeSync(this.fd);
    renameSync(this.at("current"), this.at("previous"));
    this.fresh();
    chmodSync(this.at("previous"), 0o744);
    if (this.processor !== undefined) while (!this.process()) sleep(RETRY_MS);
    else this.finish("previous", "s");
    this.prune();
  }

  /** Runs the processor over `previous`; false if it failed. */
  private process(): boolean {
    const previous = openSync(this.at("previous"), "r");
    const processed = openSync(this.at("processed"), "w", 0o644);
    const state = openSync(this.at("state"), "a+", 0o644);
    const newstate = openSync(this.at("newstate"), "w", 0o644);
    try {
      const child = new ChildScript()
        .inherit([2])
        .dup2(previous, 0)
        .dup2(processed, 1)
        // out of the way first: the four may occupy each other's targets
        .dup2(state, 100)
        .dup2(newstate, 101)
        .dup2(100, STATE_FD)
        .dup2(101, NEWSTATE_FD)
        .closeFrom(NEWSTATE_FD + 1)
        .chdir(this.dir)
        .execve("/bin/sh", ["sh", "-c", this.processor!])
        .spawn();
      const status = waitStopped(child.pid);
      if (status !== 0) {
        process.stderr.write(`multilog: warning: processor failed in ${this.dir}, pausing\n`);
        return false;
      }
      fsyncSync(processed);
      fsyncSync(newstate);
      chmodSync(this.at("processed"), 0o744);
    } finally {
      for (const fd of [previous, processed, state, newstate]) closeSync(fd);
    }
    renameSync(this.at("newstate"), this.at("state"));
    this.finish("processed", "s");
    this.remove("previous");
    return true;
  }

  /** The end of input: everything on disk, and `current` marked as whole. */
  close(): void {
    this.flush();
    fsyncSync(this.fd);
    chmodSync(this.at("current"), 0o744);
    closeSync(this.fd);
  }
}
