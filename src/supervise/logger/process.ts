/** The supervisor's side of the shared logger: starts it, starts it again, tells it what to read. */

import { closeSync, existsSync, mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../../base/bytes.ts";
import { tell } from "../../base/stderr.ts";
import { onEnd } from "../../kernel/children.ts";
import { openFifoWriter } from "../../kernel/files.ts";
import { ownProgram } from "../../kernel/inherited.ts";
import { watchProcess } from "../../kernel/pidfd.ts";
import { ChildScript } from "../../kernel/spawn.ts";
import { HOME } from "../api.ts";
import { words } from "../chain.ts";
import type { LogPipe } from "../log-pipe.ts";
import type { SharedLogging } from "../shared-logging.ts";
import { Channel } from "./channel.ts";
import { type Job, LoggerFiles, SCRIPT } from "./files.ts";

/** One that ends sooner than this (ms) so many times in a row is started again only after a pause (ms). */
const SHORT_LIFE_MS = 500;
const SHORT_LIVES = 5;
const PAUSE_MS = 1000;
const O_RDWR = 2;

export class LoggerProcess implements SharedLogging {
  private readonly files: LoggerFiles;
  private readonly jobs = new Map<string, Job>();
  private pid = 0;
  private startedAt = 0;
  private shortLives = 0;
  private over = false;
  private left: (() => void) | undefined;
  private soon = false;

  /** `home` is where the two meet; made when there is something to log. `command` starts the logger. */
  constructor(
    private readonly home: string,
    private readonly command: readonly string[],
    private readonly warn: (text: string) => void,
  ) {
    this.files = new LoggerFiles(home);
  }

  serves(logDir: string): boolean {
    return existsSync(bytesOf(join(logDir, SCRIPT))) && !existsSync(bytesOf(join(logDir, "run")));
  }

  attach(logDir: string, pipe: LogPipe): void {
    this.jobs.set(logDir, {
      dir: logDir,
      label: Channel.labelOf(logDir),
      inode: pipe.inode,
      path: `/proc/${process.pid}/fd/${pipe.reader}`,
    });
    this.tell();
  }

  detach(logDir: string): void {
    if (this.jobs.delete(logDir)) this.tell();
  }

  holders(): number[] {
    const running = existsSync(this.home) && this.files.running();
    return running ? [running.pid] : [];
  }

  async stop(): Promise<void> {
    this.over = true;
    if (this.holders().length === 0) return;
    const ended = new Promise<void>((done) => {
      this.left = done;
    });
    this.tell();
    await ended;
  }

  /** Once for all that changed in this turn. */
  private tell(): void {
    if (this.soon) return;
    this.soon = true;
    setImmediate(() => {
      this.soon = false;
      try {
        mkdirSync(this.home, { recursive: true, mode: 0o700 });
        this.files.writeWork({ jobs: [...this.jobs.values()], over: this.over });
      } catch (error) {
        this.warn(`warning: unable to tell the logger what to read: ${words(error)}`);
        setTimeout(() => this.tell(), PAUSE_MS);
        return;
      }
      if (this.pid === 0) this.begin();
      else this.poke();
    });
  }

  private poke(): void {
    try {
      const fd = openFifoWriter(this.files.wake);
      writeSync(fd, "!");
      closeSync(fd);
    } catch {
      // it is just starting, and will look
    }
  }

  /** Takes over the logger that runs, or starts one. */
  private begin(): void {
    const pid = this.files.running()?.pid ?? 0;
    if (pid !== 0 && watchProcess(pid, () => this.ended(pid))) {
      this.pid = pid;
      this.poke();
      return;
    }
    const [program, ...args] = this.command;
    try {
      // a group of its own: what a terminal sends to ours is not for it
      const script = new ChildScript().inherit([2]).setpgid(0).openAs("/dev/null", O_RDWR, 0).dup2(2, 1);
      this.pid = script.execve(program, [program, ...args]).spawn().pid;
      this.startedAt = performance.now();
      const { pid: child } = this;
      onEnd(child, () => this.ended(child));
    } catch (error) {
      this.warn(`warning: unable to start the logger: ${(error as Error).message}`);
      setTimeout(() => this.begin(), PAUSE_MS);
    }
  }

  private ended(pid: number): void {
    if (this.pid !== pid) return;
    this.pid = 0;
    if (this.over && this.jobs.size === 0) {
      this.left?.();
      return;
    }
    this.shortLives = performance.now() - this.startedAt < SHORT_LIFE_MS ? this.shortLives + 1 : 0;
    if (this.shortLives < SHORT_LIVES) this.begin();
    else setTimeout(() => this.begin(), PAUSE_MS);
  }
}

/** The logger of a scan directory, which is this program called otherwise. */
export function sharedLogger(dir: string, program: string): LoggerProcess {
  const home = join(dir, HOME);
  const command = [ownProgram(), "logger", home];
  return new LoggerProcess(home, command, (text) => tell(`${program}: ${text}\n`));
}
