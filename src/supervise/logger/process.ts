/** The supervisor's side of the shared logger: starts it, starts it again, tells it what to read. */

import { closeSync, existsSync, mkdirSync, realpathSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../../base/bytes.ts";
import { identityOf } from "../../base/identity.ts";
import { tell } from "../../base/stderr.ts";
import { onEnd } from "../../kernel/children.ts";
import { openFifoWriter } from "../../kernel/files.ts";
import { ownProgram } from "../../kernel/inherited.ts";
import { watchProcess } from "../../kernel/pidfd.ts";
import { peekPipe } from "../../kernel/pipes.ts";
import { send } from "../../kernel/signals.ts";
import { ChildScript } from "../../kernel/spawn.ts";
import { HOME, lockHome } from "../api.ts";
import { words } from "../chain.ts";
import type { LogPipe } from "../log-pipe.ts";
import type { SharedLogging } from "../shared-logging.ts";
import { Channel } from "./channel.ts";
import { type Job, LoggerFiles, placeId, SCRIPT, SPOOL } from "./files.ts";

/** One that ends sooner than this (ms) so many times in a row is started again only after a pause (ms). */
const SHORT_LIFE_MS = 500;
const SHORT_LIVES = 5;
const PAUSE_MS = 1000;
/** In the end so many failures are borne. */
const MOST_FAILURES = 10;
/** How often it is looked whether a pipe has come to its end (ms). */
const LOOK_MS = 1000;
const O_RDWR = 2;

export class LoggerProcess implements SharedLogging {
  private readonly files: LoggerFiles;
  /** By the pipe's inode: of two log directories one may have the path now that the other had. */
  private readonly jobs = new Map<number, Job>();
  /** Pipes whose services are gone: open until all of it is in the log, as the logger may be killed, or just starting. */
  private readonly ending = new Set<LogPipe>();
  private looking: NodeJS.Timeout | undefined;
  private pid = 0;
  private startedAt = 0;
  private retry: NodeJS.Timeout | undefined;
  private shortLives = 0;
  private over = false;
  private left: (() => void) | undefined;
  private soon = false;
  /** What went wrong since it is to end. */
  private failures = 0;

  /** `home` is where the two meet; made when there is something to log. `command` starts the logger. */
  constructor(
    private readonly home: string,
    private readonly command: readonly string[],
    private readonly warn: (text: string) => void,
    /** Whether the logger of this directory is ours to command; asked again until it is. */
    private readonly ours: () => boolean = () => true,
  ) {
    this.files = new LoggerFiles(home);
  }

  serves(logDir: string): boolean {
    return existsSync(bytesOf(join(logDir, SCRIPT))) && !existsSync(bytesOf(join(logDir, "run")));
  }

  attach(logDir: string, pipe: LogPipe): void {
    const before = this.jobs.get(pipe.inode);
    const place = placeOf(logDir);
    if (before && !before.last && before.dir === place.dir && before.id === place.id) return;
    // the directory is back, and its pipe was found in the logger
    for (const old of this.ending) if (old.inode === pipe.inode && this.ending.delete(old)) old.close();
    this.jobs.set(pipe.inode, {
      ...place,
      label: Channel.labelOf(logDir),
      inode: pipe.inode,
      path: `/proc/${process.pid}/fd/${pipe.reader}`,
      last: false,
    });
    this.tell();
  }

  detach(pipe: LogPipe): void {
    const job = this.jobs.get(pipe.inode);
    if (!job) {
      pipe.close();
      return;
    }
    pipe.close(pipe.writer);
    this.jobs.set(pipe.inode, { ...job, last: true });
    this.ending.add(pipe);
    this.looking ??= setInterval(() => this.lookForEnds(), LOOK_MS);
    this.tell();
  }

  /** Gives up the pipes of which everything is in the log. */
  private lookForEnds(): void {
    const jobs = [...this.jobs.values()];
    const ended = [...this.ending].filter((pipe) => {
      const job = this.jobs.get(pipe.inode)!;
      // what is in the spool is for the directory's next pipe to take along
      const done = jobs.some((j) => placeId(j) === placeId(job) && !j.last) || spoolIsEmpty(job.dir);
      return done && isEmpty(pipe);
    });
    for (const pipe of ended) {
      this.ending.delete(pipe);
      this.jobs.delete(pipe.inode);
    }
    if (ended.length > 0) this.bring();
    for (const pipe of ended) pipe.close();
    if (this.ending.size > 0) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }

  holders(): number[] {
    const running = existsSync(this.home) && this.files.running();
    return running ? [running.pid] : [];
  }

  async stop(): Promise<void> {
    this.over = true;
    clearInterval(this.looking);
    if (this.jobs.size === 0 && this.pid === 0 && this.holders().length === 0) return;
    if (!this.ours()) return;
    const ended = new Promise<void>((done) => {
      this.left = done;
    });
    this.bring();
    await ended;
    for (const pipe of this.ending) pipe.close();
  }

  /** Once for all that changed in this turn. */
  private tell(): void {
    if (this.soon) return;
    this.soon = true;
    setImmediate(() => {
      this.soon = false;
      this.bring();
    });
  }

  /** Has the work lie where the logger finds it, and the logger look at it. */
  private bring(): void {
    if (!this.ours()) {
      this.later();
      return;
    }
    try {
      mkdirSync(this.home, { recursive: true, mode: 0o700 });
      this.files.writeWork({ jobs: [...this.jobs.values()], over: this.over });
    } catch (error) {
      this.failed(`unable to tell the logger what to read: ${words(error)}`);
      return;
    }
    if (this.pid === 0) this.begin();
    else this.poke();
  }

  private later(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.bring(), PAUSE_MS);
  }

  private failed(why: string): void {
    this.warn(`warning: ${why}`);
    if (!this.givesUp()) this.later();
  }

  /** Whoever waits for the end does not do so for ever. */
  private givesUp(): boolean {
    if (!this.left || ++this.failures < MOST_FAILURES) return false;
    if (this.failures === MOST_FAILURES) {
      this.warn("warning: ending without the logger: what is in the log pipes may be lost");
      if (this.pid !== 0) send(this.pid, "SIGTERM");
      this.left();
    }
    return true;
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
      this.failed(`unable to start the logger: ${(error as Error).message}`);
    }
  }

  private ended(pid: number): void {
    if (this.pid !== pid) return;
    this.pid = 0;
    if (this.over && this.files.workDone) {
      this.left?.();
      return;
    }
    if (this.givesUp()) return;
    this.shortLives = performance.now() - this.startedAt < SHORT_LIFE_MS ? this.shortLives + 1 : 0;
    if (this.shortLives < SHORT_LIVES) this.bring();
    else this.later();
  }
}

/** Services are mostly links: when one is removed, or leads elsewhere, what it logged last still has its place. */
function placeOf(logDir: string): Pick<Job, "dir" | "id"> {
  const path = bytesOf(logDir);
  try {
    return { dir: textOf(realpathSync(path, "buffer")), id: identityOf(statSync(path)) };
  } catch {
    // gone already: the logger says so
    return { dir: logDir };
  }
}

function isEmpty(pipe: LogPipe): boolean {
  try {
    return peekPipe(pipe.reader, 1).length === 0;
  } catch {
    // no descriptor is left for that now
    return false;
  }
}

/** Whether nothing is left of what was logged here. */
function spoolIsEmpty(dir: string): boolean {
  try {
    return statSync(bytesOf(join(dir, SPOOL))).size === 0;
  } catch {
    return true;
  }
}

/** The logger of a scan directory, which is this program called otherwise. `locked`: the directory's lock is held already. */
export function sharedLogger(dir: string, program: string, locked: boolean): LoggerProcess {
  const home = join(dir, HOME);
  const command = [ownProgram(), "logger", home];
  const warn = (text: string) => tell(`${program}: ${text}\n`);
  return new LoggerProcess(home, command, warn, locked ? () => true : claim(dir, warn));
}

/**
 * Takes the lock of a directory when there is something to log: svscan does not keep others from supervising what it
 * does not, but two cannot tell one logger what to read.
 */
function claim(dir: string, warn: (text: string) => void): () => boolean {
  let held = false;
  let said = false;
  return () => {
    if (held) return true;
    try {
      held = lockHome(dir) !== undefined;
    } catch {
      // the same will be said of the work
      return true;
    }
    if (!held && !said)
      warn(`warning: the logger of ${dir} is another supervisor's: log/multilog waits for its end`);
    said = true;
    return held;
  };
}
