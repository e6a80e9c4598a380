/**
 * Where the input of a log is between its pipe and its files. Bytes move here from the pipe by splice(2), so that each
 * is in the pipe or in this file whenever we may be killed; a header says up to where they have been dealt with, and
 * how long the log's files were then. Whoever comes after us takes back what the files hold beyond that.
 *
 * The header is one page, written by one call: a process is killed before or after that, not within. It is of no use
 * after a crash of the machine, which it knows by the boot id; who leaves in order makes sure that all is on disk.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { bootId } from "../../kernel/boot.ts";
import { moveFromPipe } from "../../kernel/pipes.ts";
import type { Mark } from "../multilog/log-dir.ts";

const HEADER = 4096;
const MODE = 0o600;
/** An unfinished line is shorter than this. */
const REST_MAX = 1024;
const O_RDWR_CREAT = 0o102;

/** What must be known to go on. */
export interface Position {
  /** Which script was being carried out. */
  readonly script: string;
  /** By the log's name in the script. */
  readonly marks: Readonly<Record<string, Mark>>;
  /** Which logs the rest of the long line at hand goes to; null between lines. */
  readonly long: readonly boolean[] | null;
}

interface Header extends Position {
  readonly boot: string;
  /** Bytes of the data that have been dealt with. */
  readonly done: number;
  /** What is not dealt with and no more in the data comes first; base64. */
  readonly rest: string;
  /** All is on disk, and the log's files hold nothing beyond it. */
  readonly sealed?: boolean;
}

const UNKNOWN: Position = { script: "", marks: {}, long: null };

export class Spool {
  private readonly fd: number;
  private length = 0;
  private done = 0;
  private rest = Buffer.alloc(0);
  private position: Position | undefined;

  /** Throws a node:fs error. */
  constructor(path: string) {
    this.fd = openSync(path, O_RDWR_CREAT, MODE);
    this.length = Math.max(0, fstatSync(this.fd).size - HEADER);
    const header = this.readHeader();
    if (!header) {
      // what is here is of another boot, or nothing
      ftruncateSync(this.fd, 0);
      writeSync(this.fd, Buffer.alloc(HEADER), 0, HEADER, 0);
      this.length = 0;
      return;
    }
    const { boot, done, rest, sealed, ...position } = header;
    this.position = boot === bootId() ? position : UNKNOWN;
    this.rest = Buffer.from(rest, "base64");
    // it was emptied, and we died before that was noted
    this.done = done > this.length ? 0 : done;
    if (sealed) this.write(this.done, this.rest, this.position);
  }

  /** Where our predecessor was; undefined if there was none since the machine started, or it came to its end. */
  get left(): Position | undefined {
    return this.position;
  }

  private readHeader(): Header | undefined {
    const page = Buffer.alloc(HEADER);
    readSync(this.fd, page, 0, HEADER, 0);
    try {
      const header = JSON.parse(page.toString("utf8", 0, page.indexOf(0))) as Header;
      return header.boot === bootId() || header.sealed ? header : undefined;
    } catch {
      return undefined;
    }
  }

  /** Bytes not dealt with. */
  get pending(): number {
    return this.rest.length + this.length - this.done;
  }

  /** Takes up to `most` bytes from a pipe; as `moveFromPipe`. Throws SysError. */
  refill(pipe: number, most: number): number | undefined {
    const n = moveFromPipe(pipe, this.fd, HEADER + this.length, most);
    if (n !== undefined) this.length += n;
    return n;
  }

  /** Reads what is not dealt with, from `skip` on, to the beginning of `into`; how much it was. */
  read(into: Buffer, skip: number, most: number): number {
    const first = this.rest.subarray(skip, skip + most);
    into.set(first);
    const at = this.done + Math.max(0, skip - this.rest.length);
    return first.length + readSync(this.fd, into, first.length, most - first.length, HEADER + at);
  }

  /** Notes that `bytes` more have been dealt with, and where that led to. Throws a node:fs error. */
  commit(bytes: number, position: Position): void {
    const fromRest = Math.min(bytes, this.rest.length);
    this.write(this.done + bytes - fromRest, this.rest.subarray(fromRest), position);
  }

  /** Gives up the room of what has been dealt with. Throws a node:fs error. */
  compact(): void {
    if (this.length === 0 || !this.position || this.pending > REST_MAX) return;
    const rest = Buffer.alloc(this.pending);
    this.read(rest, 0, rest.length);
    this.write(this.length, rest, this.position);
    ftruncateSync(this.fd, HEADER);
    this.length = 0;
    this.write(0, rest, this.position);
  }

  /** What comes is for whoever is next, though nobody has begun to deal with it. Throws a node:fs error. */
  keep(): void {
    if (!this.position) this.commit(0, UNKNOWN);
  }

  private write(done: number, rest: Buffer, position: Position, sealed = false): void {
    const header: Header = { ...position, boot: bootId(), done, rest: rest.toString("base64"), sealed };
    const text = JSON.stringify(header);
    const page = Buffer.alloc(HEADER);
    if (Buffer.byteLength(text) >= HEADER) throw new Error("the script names too many logs for one logger");
    page.write(text);
    writeSync(this.fd, page, 0, HEADER, 0);
    this.done = done;
    this.rest = Buffer.from(rest);
    this.position = position;
  }

  /** The log has come to its end: nothing is to be taken up. */
  finish(): void {
    ftruncateSync(this.fd, 0);
    closeSync(this.fd);
  }

  /** Leaves everything for whoever comes next, though the machine is started anew before that. */
  close(): void {
    if (this.position && this.pending > 0) this.seal(this.position);
    closeSync(this.fd);
  }

  private seal(position: Position): void {
    try {
      fsyncSync(this.fd);
      this.write(this.done, this.rest, position, true);
      fsyncSync(this.fd);
    } catch {
      // it is good as long as the machine runs
    }
  }
}
