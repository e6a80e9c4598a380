/** The shared logger: one process that reads the log pipes of all services with a `multilog` script. */
import { readSync } from "node:fs";
import { watchFd } from "../../kernel/epoll.ts";
import { makeFifo, openFifoBothWays } from "../../kernel/files.ts";
import { Channel } from "./channel.ts";
import { LoggerFiles } from "./files.ts";

/** Once it is to end, it waits so long (ms) for those who still hold a pipe. */
const END_WAIT_MS = 5000;
const WAKE_BYTES = 512;

export class Logger {
  private readonly channels = new Map<string, Channel>();
  private readonly files: LoggerFiles;
  private over = false;
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
    return true;
  }

  /** What is to be read has changed. */
  private look(): void {
    const { jobs, over } = this.files.readWork();
    const wanted = new Set(jobs.map((j) => j.dir));
    for (const job of jobs) {
      let channel = this.channels.get(job.dir);
      if (!channel) {
        channel = new Channel(job.dir, job.label, this.say, () => this.gone(job.dir));
        this.channels.set(job.dir, channel);
      }
      channel.attach(job);
    }
    for (const [dir, channel] of this.channels) if (!wanted.has(dir)) channel.end();
    if (over && !this.over) {
      setTimeout(() => {
        for (const channel of this.channels.values()) channel.endNow();
      }, END_WAIT_MS).unref();
    }
    this.over = over;
    this.ifDone();
  }

  private gone(dir: string): void {
    this.channels.delete(dir);
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
