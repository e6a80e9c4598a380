/** The pipe from a service to its logger, which outlives all three: service, logger and supervisor. */
import { constants, fstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { claimPipe } from "./handed.ts";

export class LogPipe {
  private readonly open: Set<number>;
  readonly inode: number;

  private constructor(
    /** The logger's standard input. */
    readonly reader: number,
    /** The service's standard output. Open for both directions, so that writing to it never fails for want of a reader. */
    readonly writer: number,
  ) {
    this.open = new Set([reader, writer]);
    this.inode = fstatSync(reader).ino;
  }

  /** Throws SysError. */
  static make(): LogPipe {
    const [reader, writer] = pipe();
    const both = openSync(`/proc/self/fd/${writer}`, constants.O_RDWR);
    closeFd(writer);
    return new LogPipe(reader, both);
  }

  /** The pipe with this inode that one of the processes has open; undefined if none has. */
  static find(inode: number, pids: readonly number[]): LogPipe | undefined {
    const [reader, writer] = claimPipe(inode);
    if (writer !== undefined) return new LogPipe(reader, writer);
    for (const pid of pids) {
      const path = descriptorOf(pid, `pipe:[${inode}]`);
      if (path === undefined) continue;
      try {
        const both = openSync(path, constants.O_RDWR);
        // does not wait: there is a writer
        return new LogPipe(openSync(path, constants.O_RDONLY), both);
      } catch {
        // it has just ended
      }
    }
    return undefined;
  }

  /** Closes one end, or both. */
  close(...fds: readonly number[]): void {
    for (const fd of fds.length > 0 ? fds : [...this.open]) if (this.open.delete(fd)) closeFd(fd);
  }
}

function descriptorOf(pid: number, target: string): string | undefined {
  const dir = `/proc/${pid}/fd`;
  try {
    for (const fd of readdirSync(dir)) if (readlinkSync(`${dir}/${fd}`) === target) return `${dir}/${fd}`;
  } catch {
    // it is gone, or not ours to look at
  }
  return undefined;
}
