/** The shared logger: one process that reads the log pipes of all services with a `multilog` script. */
import { readSync } from "node:fs";
import { watchFd } from "../../kernel/epoll.ts";
import { makeFifo, openFifoBothWays } from "../../kernel/files.ts";
import { Channel } from "./channel.ts";
import { type Job, LoggerFiles, placeId } from "./files.ts";

/** Once it is to end, it waits so long (ms) for those who still hold a pipe. */
const END_WAIT_MS = 5000;
const WAKE_BYTES = 512;

export class Logger {
  private readonly channels = new Map<string, Channel>();
  private readonly files: LoggerFiles;
  private jobs: readonly Job[] = [];
  /** Inodes of pipes that have come to their end, as long as they are among the jobs. */
  private readonly finished = new Set<number>();
  private over = false;
  /** Ends all channels when who still holds a pipe was waited for. */
  private endTimer: NodeJS.Timeout | undefined;
  private done: () => void = () => {};

  constructor(
    home: string,
    private readonly say: (text: string) => void,
  ) {
    this.files = new LoggerFiles(home);
  }

  /** Resolves when everything is written and nothing will come; false if there is a logger already. */
  async run(): Promise<boolean> {
    if (!this.files.claim()) return false;
    makeFifo(this.files.wake, 0o600);
    const wake = openFifoBothWays(this.files.wake);
    const ended = new Promise<void>((done) => {
      this.done = done;
    });
    watchFd(wake, () => {
      drainFifo(wake);
      this.look();
    });
    this.look();
    await ended;
    this.files.finishWork();
    return true;
  }

  /** What is to be read has changed. */
  private look(): void {
    const work = this.files.readWork();
    if (!work) return;
    const { jobs, over } = work;
    this.jobs = jobs;
    // one whose service is back is read again
    const ended = new Set(jobs.filter((j) => j.last).map((j) => j.inode));
    for (const inode of this.finished) if (!ended.has(inode)) this.finished.delete(inode);
    const wanted = new Set<string>();
    for (const job of jobs) {
      if (this.finished.has(job.inode)) continue;
      const id = placeId(job);
      if (!job.last && !over) wanted.add(id);
      let channel = this.channels.get(id);
      if (!channel) {
        channel = new Channel(job.dir, job.label, this.say, () => this.gone(id));
        this.channels.set(id, channel);
      }
      channel.attach(job);
    }
    for (const [id, channel] of this.channels) if (!wanted.has(id)) channel.end();
    if (over && !this.over) {
      this.endTimer = setTimeout(() => {
        for (const channel of this.channels.values()) channel.endNow();
      }, END_WAIT_MS).unref();
    }
    // whoever ended all services was itself ended over it, and there is another
    if (!over) clearTimeout(this.endTimer);
    this.over = over;
    this.ifDone();
  }

  private gone(id: string): void {
    this.channels.delete(id);
    const jobs = this.jobs.filter((job) => placeId(job) === id);
    for (const job of jobs) if (job.last || this.over) this.finished.add(job.inode);
    // it was to end, but is to be read again
    if (!this.over && jobs.some((job) => !job.last)) this.look();
    this.ifDone();
  }

  private ifDone(): void {
    if (this.over && this.channels.size === 0) this.done();
  }
}

function drainFifo(fd: number): void {
  try {
    readSync(fd, Buffer.alloc(WAKE_BYTES));
  } catch {
    // taken already
  }
}
