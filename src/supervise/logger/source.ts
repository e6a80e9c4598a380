/** A log pipe that is read. */
import { closeSync, fstatSync } from "node:fs";
import { watchFd } from "../../kernel/epoll.ts";
import { openFifoReader } from "../../kernel/files.ts";
import type { Job } from "./files.ts";

export class Source {
  private watch: (() => void) | undefined;

  private constructor(
    readonly inode: number,
    readonly fd: number,
  ) {}

  /** Throws an Error. */
  static open(job: Job): Source {
    // does not wait for a writer
    const fd = openFifoReader(job.path);
    if (fstatSync(fd).ino === job.inode) return new Source(job.inode, fd);
    closeSync(fd);
    throw new Error("it is another pipe");
  }

  /** There is nothing to read: `wake` is called when there is. */
  get waits(): boolean {
    return this.watch !== undefined;
  }

  wait(wake: () => void): void {
    this.watch = watchFd(this.fd, () => {
      this.stopWaiting();
      wake();
    });
  }

  stopWaiting(): void {
    this.watch?.();
    this.watch = undefined;
  }

  close(): void {
    this.stopWaiting();
    closeSync(this.fd);
  }
}
