/** A scan directory: every service in it, each with its logger, supervised by this one process. */
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { tell } from "../base/stderr.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { words } from "./chain.ts";
import { RecorderProcess } from "./recorder-process.ts";
import { Service } from "./service.ts";
import { isDirectory, Refused } from "./service-files.ts";

const RESCAN_MS = 5000;
/** Changes come in bursts: a directory is looked at when this long has passed since the first (ms). */
const SETTLE_MS = 20;
const MAX_SERVICES = 1000;
/** Stopping that takes longer than this (ms) says whom it waits for. */
const PATIENCE_MS = 5000;
const POLL_MS = 10;

/** Both ends of the pipe from a service to its logger. */
class LogPipe {
  private readonly open: Set<number>;

  constructor(
    readonly reader: number,
    readonly writer: number,
  ) {
    this.open = new Set([reader, writer]);
  }

  close(...fds: readonly number[]): void {
    for (const fd of fds) if (this.open.delete(fd)) closeFd(fd);
  }
}

interface Entry {
  readonly name: string;
  readonly service: Service;
  readonly logger: Service | undefined;
  /** The log pipe stays open here, so that neither side sees the other die. */
  readonly pipe: LogPipe | undefined;
  /** Still in the directory. */
  active: boolean;
}

export interface ScanOptions {
  /** What messages begin with. */
  readonly program: string;
  /** Start a recorder with this command and use it. */
  readonly recorder?: { readonly command: readonly string[] };
}

export class ScanDirectory {
  private readonly entries = new Map<string, Entry>();
  private readonly recorder: RecorderProcess | undefined;
  private watcher: FSWatcher | undefined;
  private rescan: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    readonly dir: string,
    private readonly options: ScanOptions,
  ) {
    if (options.recorder) {
      this.recorder = new RecorderProcess(join(dir, ".svtrace"), options.recorder.command, (m) =>
        this.say(m),
      );
    }
  }

  /** Begins supervising; resolves when the services there now have been started. */
  async start(): Promise<void> {
    process.on("SIGCHLD", () => this.reap());
    await this.recorder?.start(this.anyTraced());
    this.scan(true);
    try {
      this.watcher = watch(this.dir, () => this.scanSoon());
      this.watcher.on("error", () => this.watcher?.close());
    } catch {
      // the rescan notices changes too, only later
    }
    this.rescan = setInterval(() => this.scan(true), RESCAN_MS);
  }

  private scanSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.scan(false);
    }, SETTLE_MS);
  }

  /** Takes up what is new; with `retry` also what could not be had before, and what has left with `x`. */
  private scan(retry: boolean): void {
    if (this.stopping) return;
    let names: string[];
    try {
      names = readdirSync(this.dir);
    } catch (error) {
      this.say(`warning: unable to read directory ${this.dir}: ${words(error)}`);
      return;
    }
    for (const entry of this.entries.values()) entry.active = false;
    for (const name of names) {
      if (name.startsWith(".") || !isDirectory(join(this.dir, name))) continue;
      const { entry, fresh } = this.entryFor(name);
      if (!entry) continue;
      entry.active = true;
      if (!fresh && !retry) continue;
      for (const one of [entry.logger, entry.service]) if (one && !one.supervised) this.open(one);
    }
    for (const key of this.entries.keys()) this.forget(key);
  }

  /** Services are known by device and inode: a renamed link is the same service. */
  private entryFor(name: string): { entry?: Entry; fresh: boolean } {
    const dir = join(this.dir, name);
    const s = statSync(dir, { throwIfNoEntry: false });
    if (!s) return { fresh: false };
    const key = `${s.dev}:${s.ino}`;
    const known = this.entries.get(key);
    if (known) return { entry: known, fresh: false };
    if (this.entries.size >= MAX_SERVICES) {
      this.say(`warning: unable to start supervise ${name}: running too many services`);
      return { fresh: false };
    }
    const ends = isDirectory(join(dir, "log")) ? new LogPipe(...pipe()) : undefined;
    const common = { program: this.options.program, onGone: () => this.forget(key) };
    const entry: Entry = {
      name,
      service: new Service(dir, {
        ...common,
        label: name,
        stdout: ends?.writer,
        recorder: this.recorder?.link,
      }),
      logger: ends && new Service(join(dir, "log"), { ...common, label: `${name}/log`, stdin: ends.reader }),
      pipe: ends,
      active: true,
    };
    this.entries.set(key, entry);
    return { entry, fresh: true };
  }

  private open(service: Service): void {
    try {
      service.open();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.say(`fatal: ${error.message}`);
    }
  }

  /** What is no longer in the directory and has left is dropped, and with it the pipe to its logger. */
  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || entry.active || entry.service.supervised || entry.logger?.supervised) return;
    this.entries.delete(key);
    entry.pipe?.close(entry.pipe.reader, entry.pipe.writer);
  }

  private reap(): void {
    for (const { service, logger } of [...this.entries.values()]) {
      service.check();
      logger?.check();
    }
    this.recorder?.check();
  }

  private anyTraced(): boolean {
    return readdirSync(this.dir).some((n) => !n.startsWith(".") && existsSync(join(this.dir, n, "trace")));
  }

  private say(text: string): void {
    tell(`${this.options.program}: ${text}\n`);
  }

  /**
   * Ends everything in order: services first, then their loggers (which see the end of their input), then the
   * recorder. Resolves when all are gone.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.watcher?.close();
    clearInterval(this.rescan);
    clearTimeout(this.soon);
    const entries = [...this.entries.values()];
    const services = entries.map((e) => e.service);
    const loggers = entries.flatMap((e) => e.logger ?? []);
    for (const one of services) end(one, "dx");
    await this.gone(services, "");
    // the end of the pipe tells a logger that it is over
    for (const one of loggers) end(one, "x");
    for (const { pipe: ends } of entries) ends?.close(ends.writer);
    await this.gone(loggers, ", which waits for the end of its input");
    await this.recorder?.stop();
  }

  private async gone(services: readonly Service[], why: string): Promise<void> {
    const waiting = () => services.filter((s) => s.supervised && s.pid !== 0);
    const patience = setTimeout(() => {
      for (const s of waiting()) this.say(`still waiting for ${s.dir} (pid ${s.pid})${why}`);
    }, PATIENCE_MS);
    while (waiting().length > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    clearTimeout(patience);
  }
}

function end(service: Service, commands: string): void {
  if (service.supervised) for (const c of commands) service.command(c);
}
