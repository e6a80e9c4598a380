/** What lies in `DIR/.svtrace` for the shared logger: how the supervisor and it find each other. */
import { closeSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "../../kernel/files.ts";
import { startTime } from "../../kernel/proc.ts";
import type { Process } from "../extended.ts";

/** The script in a `log/` directory, in place of `run`. */
export const SCRIPT = "multilog";
/** What has been read and not dealt with, in a `log/` directory. */
export const SPOOL = "supervise/spool";

const names = {
  /** Held by the logger for life. */
  lock: "logger.lock",
  /** Who it is. */
  process: "logger.json",
  /** What it is to read. */
  work: "logger-work.json",
  /** A byte here tells it that the work has changed. */
  wake: "logger.wake",
} as const;

/** One log pipe to read. */
export interface Job {
  /** The log directory. */
  readonly dir: string;
  /** What tells it from any other, whatever its name; missing if an earlier version wrote it. */
  readonly id?: string;
  /** Name in messages. */
  readonly label: string;
  /** Inode of the pipe. */
  readonly inode: number;
  /** Opens the pipe, as long as the supervisor lives. */
  readonly path: string;
  /** The service is gone: when the pipe has come to its end, that is it. */
  readonly last: boolean;
}

/** What tells the job's log directory from any other. */
export const placeId = (job: Job): string => job.id ?? job.dir;

export interface Work {
  readonly jobs: readonly Job[];
  /** All services are gone: it is to end, and to say that it did all of this. */
  readonly over: boolean;
}

export class LoggerFiles {
  constructor(private readonly home: string) {}

  get wake(): string {
    return join(this.home, names.wake);
  }

  /** For the logger: becomes the one of this directory; false if there is one. Throws. */
  claim(): boolean {
    const fd = lockFile(join(this.home, names.lock));
    if (fd === undefined) return false;
    this.write(names.process, { pid: process.pid, born: startTime(process.pid) });
    return true;
  }

  /** The logger that runs; undefined if there is none. */
  running(): Process | undefined {
    const fd = lockFile(join(this.home, names.lock));
    if (fd !== undefined) {
      closeSync(fd);
      return undefined;
    }
    const p = this.read(names.process) as Process | undefined;
    return p && startTime(p.pid) === p.born ? p : undefined;
  }

  writeWork(work: Work): void {
    this.write(names.work, work);
  }

  /** Undefined before there is any. */
  readWork(): Work | undefined {
    return this.read(names.work) as Work | undefined;
  }

  /** For the logger: all of the work that was to be the last is done. */
  finishWork(): void {
    rmSync(join(this.home, names.work), { force: true });
  }

  /** Whether the logger has said so. */
  get workDone(): boolean {
    return !existsSync(join(this.home, names.work));
  }

  private write(name: string, value: unknown): void {
    const path = join(this.home, name);
    writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  private read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.home, name), "utf8"));
    } catch {
      return undefined;
    }
  }
}
