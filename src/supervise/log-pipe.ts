/** The pipe from a service to its logger, which outlives all three: service, logger and supervisor. */
import { constants, fstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { setCloseOnExec } from "../kernel/fds.ts";
import { startingEnvironment } from "../kernel/own-memory.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";

/** Names the ends of log pipes that a process gets from the one it was before its exec: `reader:writer,...`. */
export const HANDED = "SVTRACE_LOG_PIPES";

let handed: [reader: number, writer: number][] | undefined;

function handedPipes(): [reader: number, writer: number][] {
  handed ??= (process.env[HANDED] ?? "")
    .split(",")
    .map((pair) => pair.split(":").map(Number))
    .filter((pair): pair is [number, number] => pair.length === 2 && pair.every((fd) => fd > 2));
  return handed;
}

let allHanded: ReadonlySet<number> | undefined;

/** Numbers of the descriptors we got so: what lies there, then or later, is not for those we start or become. */
export function handedFds(): ReadonlySet<number> {
  allHanded ??= new Set(handedPipes().flat());
  return allHanded;
}

/** Keeps the pipes open across an exec; the environment for it. */
export function handOverPipes(pipes: readonly LogPipe[]): Buffer[] {
  for (const p of pipes) for (const fd of [p.reader, p.writer]) setCloseOnExec(fd, false);
  const pairs = pipes.map((p) => `${p.reader}:${p.writer}`).join(",");
  const others = startingEnvironment().filter((e) => !e.toString("latin1").startsWith(`${HANDED}=`));
  return [...others, Buffer.from(`${HANDED}=${pairs}`)];
}

/** Closes what was handed over and belongs to no service any more. */
export function closeUnclaimed(): void {
  for (const fd of handedPipes().flat()) {
    try {
      closeFd(fd);
    } catch {
      // it was not ours
    }
  }
  handed = [];
}

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
    this.inode = inodeOf(reader)!;
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
    const ours = handedPipes();
    const at = ours.findIndex(([reader]) => inodeOf(reader) === inode);
    if (at >= 0) return new LogPipe(...ours.splice(at, 1)[0]);
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

function inodeOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).ino;
  } catch {
    return undefined;
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
