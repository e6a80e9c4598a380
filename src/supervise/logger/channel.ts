/**
 * One service's log: its pipe, the spool and the outlet behind it, and what `svc` can do with it. It works by itself:
 * whatever it waits for (a full disk, a processor), the others go on.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { unixNow } from "../../base/tai.ts";
import { watchFd } from "../../kernel/epoll.ts";
import { openFifoReader } from "../../kernel/files.ts";
import { ServiceFiles } from "../service-files.ts";
import { type Job, SCRIPT } from "./files.ts";
import { Outlet } from "./outlet.ts";
import { Spool } from "./spool.ts";

/** Most bytes taken from a pipe at a time. */
const BATCH = 128 * 1024;
/** What could not be opened is tried again after this long (ms). */
const RETRY_MS = 5000;
/** The first attempts come sooner: whoever held it may just have been killed. */
const FIRST_RETRY_MS = 100;
const CONTROL_BYTES = 1024;
const SPOOL = "supervise/spool";

interface Source {
  readonly inode: number;
  readonly fd: number;
  /** Ends the watch; undefined while there is something to read. */
  watch: (() => void) | undefined;
}

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
  private readonly sources: Source[] = [];
  /** Whose line is not finished. */
  private current: Source | undefined;
  private files: ServiceFiles | undefined;
  private control: (() => void) | undefined;
  private spool: Spool | undefined;
  private outlet: Outlet | undefined;
  private working = false;
  private retry: NodeJS.Timeout | undefined;
  private attempts = 0;
  private asked = { rotate: false, reload: false };
  private paused = false;
  private down = false;
  private ending = false;
  private leaving = false;
  private since = unixNow();

  constructor(
    readonly dir: string,
    private readonly label: string,
    private readonly say: (text: string) => void,
    /** Called when it has come to its end. */
    private readonly gone: () => void,
  ) {}

  /** Reads a pipe from now on, if it does not already. */
  attach(job: Job): void {
    this.ending = false;
    if (this.sources.some((s) => s.inode === job.inode)) return;
    try {
      // does not wait for a writer
      const fd = openFifoReader(job.path);
      if (fstatSync(fd).ino !== job.inode) {
        closeSync(fd);
        throw new Error("it is another pipe");
      }
      this.sources.push({ inode: job.inode, fd, watch: undefined });
    } catch (error) {
      this.warn(`unable to open the log pipe: ${(error as Error).message}`);
    }
    this.wake();
  }

  /** No pipe will come any more: ends when those there are have. */
  end(): void {
    this.ending = true;
    this.wake();
  }

  /** What is in the pipes now is the last. */
  endNow(): void {
    this.leaving = true;
    if (this.retry) this.gone();
    else this.end();
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
        if (this.leaving) this.gone();
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
      if (!this.down && !this.outlet) await this.open();
      await this.answer();
      if (this.down && this.leaving) return this.leave();
      if (this.down || (this.paused && !this.ending)) break;
      const source = this.sources.find((s) => !s.watch);
      if (source) await this.batch(source);
      else if (this.ending && this.sources.length === 0) return this.finish();
      else break;
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
      this.since = unixNow();
      if (!this.down) await this.open();
      else this.writeStatus();
    }
  }

  private async open(): Promise<void> {
    if (!this.files) {
      const files = new ServiceFiles(
        this.label,
        (text, error) => this.warn(`${text}: ${(error as Error).message}`),
        this.dir,
      );
      try {
        const fd = files.acquire();
        this.spool = new Spool(files.at(SPOOL));
        this.control = watchFd(fd, () => this.command(fd));
        files.announce();
      } catch (error) {
        files.close();
        throw error;
      }
      this.files = files;
    }
    const outlet = new Outlet(
      this.files.at(SCRIPT),
      this.files.at("."),
      this.spool!,
      (text) => this.warn(text),
      () => this.leaving,
    );
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
    if (n === 0 || (n === undefined && this.leaving)) {
      this.sources.splice(this.sources.indexOf(source), 1);
      closeSync(source.fd);
    } else if (n === undefined || n < BATCH) this.listen(source);
    if (n) await outlet!.work();
  }

  private listen(source: Source): void {
    source.watch = watchFd(source.fd, () => {
      source.watch?.();
      source.watch = undefined;
      this.wake();
    });
  }

  /** Its log is closed, and what has come since stays in the spool. */
  private async leave(): Promise<void> {
    for (const source of this.sources.splice(0)) {
      source.watch?.();
      while (this.spool?.refill(source.fd, BATCH));
      closeSync(source.fd);
    }
    this.giveUp();
    this.gone();
  }

  private async finish(): Promise<void> {
    await this.outlet!.finishLine();
    await this.outlet!.close();
    this.outlet = undefined;
    this.spool!.finish();
    this.down = true;
    this.writeStatus();
    this.control?.();
    this.files!.close();
    this.gone();
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
    for (const source of this.sources) {
      source.watch?.();
      source.watch = undefined;
    }
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
