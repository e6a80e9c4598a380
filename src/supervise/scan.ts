/** A scan directory: every service in it, each with its logger, supervised by this one process. */
import { existsSync, type FSWatcher, mkdirSync, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { djbWords } from "../base/djb.ts";
import { reap } from "../kernel/children.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { RecorderLink } from "./recorder-link.ts";
import { AlreadyRunning, isDirectory, Service } from "./service.ts";

const RESCAN_MS = 5000;
const MAX_SERVICES = 1000;
const RECORDER_WAIT_MS = 3000;
const RECORDER_RETRY_MS = 1000;

interface Entry {
  readonly service: Service;
  readonly logger: Service | undefined;
  /** The log pipe stays open here, so that neither side sees the other die. */
  readonly pipe: readonly [number, number] | undefined;
}

export interface ScanOptions {
  /** Name in messages: svscan, supervise, "svtrace up". */
  readonly program: string;
  /** Start and use a recorder. */
  readonly recorder?: { readonly command: readonly string[] };
}

export class ScanDirectory {
  private readonly entries = new Map<string, Entry>();
  private watcher: FSWatcher | undefined;
  private rescan: NodeJS.Timeout | undefined;
  private link: RecorderLink | undefined;
  private recorderPid = 0;
  private stopping = false;

  constructor(
    readonly dir: string,
    private readonly options: ScanOptions,
  ) {}

  /** Begins supervising; returns when the services there now have been started. */
  async start(): Promise<void> {
    process.on("SIGCHLD", () => this.reap());
    if (this.options.recorder) await this.startRecorder();
    this.scan();
    try {
      this.watcher = watch(this.dir, () => this.scanSoon());
    } catch {
      // the rescan notices changes too, only later
    }
    this.rescan = setInterval(() => this.scan(), RESCAN_MS);
  }

  private soon: NodeJS.Timeout | undefined;

  private scanSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.scan();
    }, 20);
  }

  private scan(): void {
    if (this.stopping) return;
    let names: string[];
    try {
      names = readdirSync(this.dir);
    } catch (error) {
      this.say(
        `warning: unable to read directory ${this.dir}: ${djbWords((error as NodeJS.ErrnoException).code)}`,
      );
      return;
    }
    for (const name of names) {
      if (name.startsWith(".")) continue;
      const dir = join(this.dir, name);
      if (isDirectory(dir)) this.add(dir);
    }
  }

  /** Services are known by device and inode: a renamed link is the same service. */
  private add(dir: string): void {
    const s = statSync(dir, { throwIfNoEntry: false });
    if (!s) return;
    const key = `${s.dev}:${s.ino}`;
    if (this.entries.has(key)) return;
    if (this.entries.size >= MAX_SERVICES) {
      this.say(`warning: unable to start supervise ${dir}: running too many services`);
      return;
    }
    const hasLog = isDirectory(join(dir, "log"));
    const ends = hasLog ? pipe() : undefined;
    const gone = () => this.forget(key);
    const service = new Service(dir, {
      program: this.options.program,
      stdout: ends?.[1],
      recorder: this.link,
      onGone: gone,
    });
    const logger = hasLog
      ? new Service(join(dir, "log"), { program: this.options.program, stdin: ends![0], onGone: gone })
      : undefined;
    this.entries.set(key, { service, logger, pipe: ends });
    for (const one of [logger, service]) if (one) this.open(one, key);
  }

  private open(service: Service, key: string): void {
    try {
      service.open();
    } catch (error) {
      const reason =
        error instanceof AlreadyRunning
          ? `unable to acquire ${service.dir}/supervise/lock: temporary failure`
          : `unable to supervise ${service.dir}: ${djbWords((error as NodeJS.ErrnoException).code)}`;
      this.say(`fatal: ${reason}`);
      // tried again at the next scan
      if (service.name !== "log") this.forget(key);
    }
  }

  /** After `x` a service leaves the table; it is taken up again if its directory is still there, as svscan does. */
  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || this.stopping || entry.service.pid !== 0) return;
    this.entries.delete(key);
    if (entry.pipe) closeFd(entry.pipe[1]);
    if (entry.pipe) closeFd(entry.pipe[0]);
  }

  private services(): Service[] {
    return [...this.entries.values()].flatMap((e) => (e.logger ? [e.service, e.logger] : [e.service]));
  }

  private reap(): void {
    for (const s of this.services()) s.check();
    if (this.recorderPid !== 0 && reap(this.recorderPid) !== undefined) {
      this.recorderPid = 0;
      if (!this.stopping) setTimeout(() => this.launchRecorder(), RECORDER_RETRY_MS);
    }
  }

  private async startRecorder(): Promise<void> {
    const dir = join(this.dir, ".svtrace");
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.link = new RecorderLink(join(dir, "recorder.sock"), (m) => this.say(m));
    if (!this.anyTraced()) {
      this.launchRecorder();
      return;
    }
    this.launchRecorder();
    const deadline = Date.now() + RECORDER_WAIT_MS;
    while (Date.now() < deadline && !(await this.link.open())) await new Promise((r) => setTimeout(r, 30));
  }

  private anyTraced(): boolean {
    return readdirSync(this.dir).some(
      (name) => !name.startsWith(".") && existsSync(join(this.dir, name, "trace")),
    );
  }

  private launchRecorder(): void {
    const [program, ...args] = this.options.recorder!.command;
    try {
      const script = new ChildScript().inherit([2]).openAs("/dev/null", 2, 0);
      this.recorderPid = script.execve(program, [program, ...args]).spawn().pid;
    } catch (error) {
      this.say(`warning: unable to start the recorder: ${(error as Error).message}`);
    }
  }

  private say(text: string): void {
    process.stderr.write(`${this.options.program}: ${text}\n`);
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
    for (const { service } of entries) for (const c of "dx") service.command(c);
    await until(() => entries.every((e) => e.service.pid === 0));
    for (const { logger, pipe: ends } of entries) {
      if (!logger) continue;
      // reading the end of the pipe is how a logger learns that it is over
      logger.command("x");
      if (ends) closeFd(ends[1]);
    }
    await until(() => entries.every((e) => (e.logger?.pid ?? 0) === 0));
    this.link?.close();
    if (this.recorderPid !== 0) {
      process.kill(this.recorderPid, "SIGTERM");
      await until(() => this.recorderPid === 0);
    }
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
}
