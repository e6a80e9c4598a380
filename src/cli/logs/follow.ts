/** A log as it grows, through rotations: every line once. */
import { closeSync, fstatSync, openSync, readSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { logFiles } from "./locate.ts";

const CHUNK = 64 * 1024;
/** Between two looks (ms) where the kernel tells of no change. */
const LOOK_MS = 1000;

export class Follower {
  private fd: number | undefined;
  private readonly chunk = Buffer.alloc(CHUNK);
  /** Old files that have been read, or were there before. */
  private seen: Set<string>;

  /** `onData` gets what is added; `startAt`: the offset in `current` from which on it is new. */
  constructor(
    private readonly dir: string,
    private readonly onData: (chunk: Uint8Array) => void,
    startAt: { readonly fd: number; readonly seen: readonly string[] },
  ) {
    this.fd = startAt.fd;
    this.seen = new Set(startAt.seen);
  }

  /** Looks whenever the directory changes, until `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    await new Promise<void>((done) => {
      const look = () => this.look();
      const timer = setInterval(look, LOOK_MS);
      const watcher = watch(this.dir, look);
      // the directory is gone: the clock goes on looking, in case it comes back
      watcher.on("error", () => watcher.close());
      stop.addEventListener("abort", () => {
        clearInterval(timer);
        watcher.close();
        done();
      });
      look();
    });
    this.close();
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

  /** Goes on with what followed our file: old files that are new to us, the first of which is ours, then `current`. */
  private next(): void {
    const old = logFiles(this.dir).filter((n) => n.startsWith("@"));
    const fresh = old.filter((n) => !this.seen.has(n));
    for (const name of this.fd === undefined ? fresh : fresh.slice(1)) {
      this.open(name);
      this.drain();
    }
    this.seen = new Set(old);
    this.open("current");
  }

  private open(name: string): void {
    const fd = openSync(join(this.dir, name), "r");
    this.close();
    this.fd = fd;
  }

  private drain(): void {
    if (this.fd === undefined) return;
    for (;;) {
      const n = readSync(this.fd, this.chunk, 0, CHUNK, null);
      if (n === 0) return;
      this.onData(this.chunk.subarray(0, n));
    }
  }

  private close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
