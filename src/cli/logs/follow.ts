/** A log as it grows, through rotations: every line once. */
import { closeSync, type FSWatcher, fstatSync, openSync, readSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { contentOf } from "./content.ts";
import { logFiles } from "./locate.ts";

const CHUNK = 64 * 1024;
/** Between two looks (ms) where the kernel tells of no change. */
const LOOK_MS = 1000;

export interface Destination {
  /** What is added to `current`. */
  data(chunk: Uint8Array): void;
  /** All that is in an old file that nothing was read of before. */
  file(content: Buffer): void;
}

export class Follower {
  private fd: number | undefined;
  private readonly chunk = Buffer.alloc(CHUNK);
  /** Old files that have been read, or were there before. */
  private readonly seen: Set<string>;
  /** Files read to their end before they had a name of their own. */
  private unnamed = 0;

  /** `startAt`: `current`, read so far, and the old files there were when it was opened. */
  constructor(
    private readonly dir: string,
    private readonly to: Destination,
    startAt: { readonly fd: number; readonly seen: readonly string[] },
  ) {
    this.fd = startAt.fd;
    this.seen = new Set(startAt.seen);
  }

  /** Looks whenever the directory changes, until `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((done) => stop.addEventListener("abort", () => done()));
    const look = () => this.look();
    const timer = setInterval(look, LOOK_MS);
    const watcher = watched(this.dir, look);
    try {
      look();
      await stopped;
    } finally {
      clearInterval(timer);
      watcher?.close();
      this.close();
    }
  }

  /** Reads what there is, in files that are rotated away too. */
  look(): void {
    try {
      for (;;) {
        this.drain();
        if (this.isCurrent()) return;
        // it may have grown between the two looks
        this.drain();
        this.next();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  private isCurrent(): boolean {
    if (this.fd === undefined) return false;
    const [now, ours] = [statSync(join(this.dir, "current")), fstatSync(this.fd)];
    return now.ino === ours.ino && now.dev === ours.dev;
  }

  /**
   * Goes on with what followed our file. A rotated file is `previous` until it gets its own name, perhaps as a new file
   * that a processor wrote; so files that were read are counted until their names appear, which they do in order.
   */
  private next(): void {
    const { current, previous, names } = this.snapshot();
    if (this.fd !== undefined) this.unnamed++;
    for (const name of names) {
      if (!name.startsWith("@") || this.seen.has(name)) continue;
      const file = this.open(name);
      if (file === undefined) continue;
      const known = [current, previous].some((fd) => fd !== undefined && inode(fd) === inode(file));
      if (!known || this.unnamed > 0) this.seen.add(name);
      if (this.unnamed > 0) this.unnamed--;
      // by now a processor may have compressed it
      else if (!known) this.to.file(contentOf(join(this.dir, name), file));
      closeSync(file);
    }
    if (previous !== undefined) {
      const unread = this.fd === undefined || inode(previous) !== inode(this.fd);
      if (unread && inode(previous) !== inode(current)) {
        this.readOut(previous);
        this.unnamed++;
      }
      closeSync(previous);
    }
    this.close();
    this.fd = current;
  }

  /** Files that belong together: `previous` and the names are older than `current`, and none is missing between them. */
  private snapshot(): { current: number; previous: number | undefined; names: readonly string[] } {
    for (;;) {
      const current = this.open("current")!;
      const previous = this.open("previous");
      const names = logFiles(this.dir);
      const { dev, ino } = statSync(join(this.dir, "current"));
      if (inode(current) === `${dev}:${ino}`) return { current, previous, names };
      closeSync(current);
      if (previous !== undefined) closeSync(previous);
    }
  }

  /** Undefined if it is not there, except for `current`, which has to be. */
  private open(name: string): number | undefined {
    try {
      return openSync(join(this.dir, name), "r");
    } catch (error) {
      if (name === "current" || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return undefined;
    }
  }

  private drain(): void {
    if (this.fd !== undefined) this.readOut(this.fd);
  }

  private readOut(fd: number): void {
    for (;;) {
      const n = readSync(fd, this.chunk, 0, CHUNK, null);
      if (n === 0) return;
      this.to.data(this.chunk.subarray(0, n));
    }
  }

  private close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

/** Undefined where the user has no watch left: the clock is enough then. */
function watched(dir: string, look: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, look);
    // the directory is gone: the clock goes on looking, in case it comes back
    return watcher.on("error", () => watcher.close());
  } catch {
    return undefined;
  }
}

const inode = (fd: number): string => {
  const { dev, ino } = fstatSync(fd);
  return `${dev}:${ino}`;
};
