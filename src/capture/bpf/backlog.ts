/**
 * Records that there was no time for: the ring's bytes as they are, oldest first, in files that have no name. Writing
 * them costs a hundredth of what making events of them does.
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DISCARD, HEADER, LENGTH, spanOf } from "../../kernel/ring.ts";
import type { Source } from "./dispatch.ts";

/** What one file grows to: its disk space comes back when all of it has been read. */
const FILE_BYTES = 1 << 26;
/** Read at once; longer than any record. */
const CHUNK = 1 << 18;

/** Where there is room for events that wait. */
export interface BacklogPlace {
  /** A directory to write in. */
  readonly dir: string;
  /** Bytes of it that may be taken. */
  readonly limit: number;
  /** Only what the ring has no room for waits there, and nobody is spared. */
  readonly eager?: boolean;
}

/** What may still be taken of a place, by all backlogs there. */
export class BacklogRoom {
  constructor(
    readonly place: BacklogPlace,
    public left = place.limit,
  ) {}
}

interface File {
  readonly fd: number;
  written: number;
  read: number;
}

export class Backlog implements Source {
  readonly bytes = new Uint8Array(CHUNK);
  readonly words = new Uint32Array(this.bytes.buffer);
  /** Of the record `peek` found: where it begins, and how long it is. */
  offset = 0;
  length = 0;
  private readonly files: File[] = [];
  /** What has been read and not yet passed on lies between these. */
  private at = 0;
  private end = 0;
  /** Where the record behind the one found begins. */
  private after = 0;
  /** Bytes in files that have not been read. */
  private stored = 0;
  private failed = false;

  constructor(private readonly shared: BacklogRoom) {}

  /** Bytes that wait; the record we are at is among them. */
  get waiting(): number {
    return this.stored + this.end - this.at;
  }

  /** Bytes that may be added. */
  get room(): number {
    return this.failed ? 0 : this.shared.left;
  }

  /** Takes whole records; false when there is no room for them. */
  add(records: Uint8Array): boolean {
    if (records.length > this.room) return false;
    try {
      this.append(records);
      return true;
    } catch {
      // the disk is full or cannot be written: what waits stays readable, and the ring keeps the rest
      this.failed = true;
      return false;
    }
  }

  private append(records: Uint8Array): void {
    let file = this.files.at(-1);
    if (!file || file.written >= FILE_BYTES) {
      file = { fd: openNameless(this.shared.place.dir), written: 0, read: 0 };
      this.files.push(file);
    }
    for (let done = 0; done < records.length; )
      done += writeSync(file.fd, records, done, records.length - done, file.written + done);
    file.written += records.length;
    this.stored += records.length;
    this.shared.left -= records.length;
  }

  /** Finds the record we are at; false when there is none. */
  peek(): boolean {
    do {
      while (this.at + HEADER <= this.end) {
        const head = this.words[this.at >>> 2];
        this.after = this.at + spanOf(head);
        if (this.after > this.end) break;
        this.offset = this.at + HEADER;
        this.length = head & LENGTH;
        if ((head & DISCARD) === 0) return true;
        this.at = this.after;
      }
    } while (this.fill());
    return false;
  }

  /** Goes on to the record behind the one found. */
  skip(): void {
    this.at = this.after;
  }

  /** Reads on; the record at the end may be whole only then. */
  private fill(): boolean {
    const [file] = this.files;
    if (!file || this.stored === 0) return false;
    this.bytes.copyWithin(0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    const n = readSync(file.fd, this.bytes, this.end, CHUNK - this.end, file.read);
    if (n === 0) throw new Error("a record of the backlog is cut off or too long");
    this.end += n;
    this.stored -= n;
    this.shared.left += n;
    file.read += n;
    if (file.read === file.written) this.finish(file);
    return true;
  }

  private finish(file: File): void {
    if (file.written >= FILE_BYTES) {
      closeSync(file.fd);
      this.files.shift();
    } else {
      ftruncateSync(file.fd, 0);
      file.read = 0;
      file.written = 0;
      this.failed = false;
    }
  }

  close(): void {
    for (const { fd } of this.files.splice(0)) closeSync(fd);
    this.shared.left += this.stored;
    this.stored = 0;
    this.at = this.end;
  }
}

/** What it holds is as private as the memory it was copied from. Throws what open(2) does. */
function openNameless(dir: string): number {
  const path = join(dir, `.svtrace-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}
