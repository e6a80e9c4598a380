/**
 * One service's log: its pipe, the spool and the outlet behind it, and what `svc` can do with it. It works by itself:
 * whatever it waits for (a full disk, a processor), the others go on.
 */
import { readSync } from "node:fs";
import { basename, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { isShortage } from "../../base/errors.ts";
import { watchAndOwn } from "../../kernel/epoll.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import { ServiceFiles } from "../service-files.ts";
import { type Job, SCRIPT, SPOOL } from "./files.ts";
import { Outlet } from "./outlet.ts";
import { Source } from "./source.ts";
import { Spool } from "./spool.ts";

/** Most bytes taken from a pipe at a time. */
const BATCH = 128 * 1024;
/** In the end as many from each: more than a pipe holds, though somebody may go on writing. */
const LAST_BATCHES = 64;
/** What could not be opened is tried again after this long (ms). */
const RETRY_MS = 5000;
/** The first attempts come sooner: whoever held it may just have been killed. */
const FIRST_RETRY_MS = 100;
const CONTROL_BYTES = 1024;

/** What a control byte asks for. Others are for programs, of which this is none. */
const requests: Readonly<Record<string, "rotate" | "reload" | "pause" | "continue" | "down" | "up">> = {
  a: "rotate",
  h: "reload",
  t: "reload",
  k: "reload",
  p: "pause",
  c: "continue",
  d: "down",
  u: "up",
};

export class Channel {
  /** By inode: to be read, and not open yet. */
  private readonly unopened = new Map<number, Job>();
  private readonly sources: Source[] = [];
  /** Whose line is not finished. */
  private current: Source | undefined;
  private lastBatches = 0;
  private files: ServiceFiles | undefined;
  private control: (() => void) | undefined;
  private spool: Spool | undefined;
  private outlet: Outlet | undefined;
  /** `outlet`, or what will be. */
  private newest: Outlet | undefined;
  private working = false;
  private retry: NodeJS.Timeout | undefined;
  private attempts = 0;
  private asked = { rotate: false, reload: false };
  private paused = false;
  private down = false;
  private ending = false;
  private leaving = false;
  private since = wallClock();

  constructor(
    private dir: string,
    private label: string,
    private readonly say: (text: string) => void,
    /** Called when it has come to its end. */
    private readonly gone: () => void,
  ) {}

  /** Reads a pipe from now on, if it does not already. */
  attach(job: Job): void {
    this.ending = false;
    // it may have been renamed
    ({ dir: this.dir, label: this.label } = job);
    if (this.sources.some((s) => s.inode === job.inode)) return;
    this.unopened.set(job.inode, job);
    try {
      this.openSources();
    } catch {
      // said, and tried again, with all else that this log needs
    }
    this.wake();
  }

  /** Throws where there may be a descriptor for it later. */
  private openSources(): void {
    for (const job of this.unopened.values()) {
      try {
        this.sources.push(Source.open(job));
      } catch (error) {
        const why = `unable to open the log pipe: ${(error as Error).message}`;
        if (isShortage(error)) throw new Error(why);
        this.warn(why);
      }
      this.unopened.delete(job.inode);
    }
  }

  /** No pipe will come any more: ends when those there are have. */
  end(): void {
    this.ending = true;
    this.wake();
  }

  /** What is in the pipes now is the last, whoever still holds them. */
  endNow(): void {
    this.leaving = true;
    for (const source of this.sources) source.stopWaiting();
    this.newest?.abandon();
    if (this.retry) {
      clearTimeout(this.retry);
      this.retry = undefined;
      this.leave();
    } else this.end();
  }

  /** Whether there is a pipe to be read. */
  private get reads(): boolean {
    return this.sources.length > 0 || this.unopened.size > 0;
  }

  private warn(text: string): void {
    this.say(`${this.label}: ${text}`);
  }

  private wake(): void {
    if (this.working) return;
    this.working = true;
    this.work()
      .catch((error: Error) => {
        this.warn(error.message);
        this.giveUp();
        if (this.leaving) this.leave();
        else this.later();
      })
      .finally(() => {
        this.working = false;
      });
  }

  /** Until there is nothing to do. */
  private async work(): Promise<void> {
    if (this.retry) return;
    for (;;) {
      this.openSources();
      if (!this.files) this.take();
      if (!this.down && !this.outlet) await this.open();
      await this.answer();
      if (this.down && this.leaving) return this.leave();
      if (this.down || (this.paused && !this.ending)) break;
      const source = this.sources.find((s) => !s.waits);
      if (source) await this.batch(source);
      else if (!this.ending || this.reads) break;
      else if (await this.finish()) return;
      await turn();
    }
    this.attempts = 0;
  }

  /** Does what `svc` asked for. */
  private async answer(): Promise<void> {
    const { outlet } = this;
    if (outlet && this.asked.rotate) {
      this.asked.rotate = false;
      await outlet.rotate();
    }
    if (outlet && (this.asked.reload || this.down)) {
      this.asked.reload = false;
      await outlet.close();
      this.outlet = undefined;
      this.since = wallClock();
      if (!this.down) await this.open();
      else this.writeStatus();
    }
  }

  /** Takes possession of the directory. */
  private take(): void {
    const files = new ServiceFiles(
      this.label,
      (text, error) => this.warn(`${text}: ${(error as Error).message}`),
      this.dir,
    );
    try {
      const fd = files.acquire();
      this.control = watchAndOwn(fd, () => this.command(fd));
      this.spool = new Spool(files.at(SPOOL));
      files.announce();
      this.files = files;
    } catch (error) {
      files.close();
      throw error;
    }
  }

  private async open(): Promise<void> {
    const outlet = new Outlet(
      this.files!.at(SCRIPT),
      this.files!.at("."),
      this.spool!,
      (text) => this.warn(text),
      () => this.leaving,
    );
    this.newest = outlet;
    await outlet.open();
    this.outlet = outlet;
    this.writeStatus();
    // what a logger before us had taken
    if (this.spool!.pending > 0) await outlet.work();
  }

  private async batch(source: Source): Promise<void> {
    const { spool, outlet } = this;
    if (this.current && this.current !== source && spool!.pending > 0) await outlet!.finishLine();
    this.current = source;
    const n = await outlet!.insist("unable to write supervise/spool", () => spool!.refill(source.fd, BATCH));
    if (n === 0 || (this.leaving && (n === undefined || ++this.lastBatches === LAST_BATCHES))) {
      this.sources.splice(this.sources.indexOf(source), 1);
      source.close();
      this.lastBatches = 0;
    } else if (!this.leaving && (n === undefined || n < BATCH)) source.wait(() => this.wake());
    if (n) await outlet!.work();
  }

  /** Its log is closed, or cannot be written: what has come since stays in the spool. */
  private leave(): void {
    try {
      if (!this.files && this.reads) this.take();
      this.openSources();
      this.spool?.keep();
      for (const { fd } of this.sources) {
        for (let i = 0; i < LAST_BATCHES && this.spool!.refill(fd, BATCH); ) i++;
      }
    } catch (error) {
      this.warn(`unable to keep what is in its pipe: ${(error as Error).message}`);
    }
    this.giveUp();
    for (const source of this.sources.splice(0)) source.close();
    this.gone();
  }

  /** False if another pipe has come meanwhile. */
  private async finish(): Promise<boolean> {
    await this.outlet!.finishLine();
    await this.outlet!.close();
    this.outlet = undefined;
    if (!this.ending || this.reads) return false;
    this.spool!.finish();
    this.down = true;
    this.writeStatus();
    this.control?.();
    this.files!.close();
    this.gone();
    return true;
  }

  private command(fd: number): void {
    const bytes = Buffer.alloc(CONTROL_BYTES);
    let n = 0;
    try {
      n = readSync(fd, bytes, 0, CONTROL_BYTES, null);
    } catch {
      // taken already
    }
    for (const byte of bytes.toString("latin1", 0, n)) {
      const request = requests[byte];
      if (request === "rotate" || request === "reload") this.asked[request] = true;
      else if (request === "pause" || request === "continue") this.paused = request === "pause";
      else if (request === "down" || request === "up") this.down = request === "down";
    }
    this.writeStatus();
    this.wake();
  }

  private writeStatus(): void {
    try {
      this.files?.writeStatus({
        ...this.since,
        pid: this.outlet ? process.pid : 0,
        paused: this.paused,
        want: this.down ? "d" : "u",
        termSent: false,
        finishing: false,
      });
    } catch (error) {
      this.warn(`unable to write supervise/status: ${(error as Error).message}`);
    }
  }

  /** After a failure: nothing is lost, as everything can be taken up from the spool and the pipes. */
  private giveUp(): void {
    this.outlet?.release();
    this.outlet = undefined;
    this.control?.();
    this.control = undefined;
    this.spool?.close();
    this.spool = undefined;
    this.files?.close();
    this.files = undefined;
    for (const source of this.sources) source.stopWaiting();
  }

  private later(): void {
    const wait = this.attempts++ < 3 ? FIRST_RETRY_MS : RETRY_MS;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.wake();
    }, wait);
  }

  /** `web/log`. */
  static labelOf(dir: string): string {
    return join(basename(join(dir, "..")), basename(dir));
  }
}
