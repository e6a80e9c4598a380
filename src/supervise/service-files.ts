/**
 * The files of one service. The directory is held open, and everything is reached through the descriptor: a service
 * whose link is removed or renamed while it runs goes on working, as it does under daemontools.
 */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { Socket } from "node:net";
import { join, resolve } from "node:path";
import { bytesOf, textOf } from "../base/bytes.ts";
import { SysError } from "../base/errors.ts";
import { identityOf } from "../base/identity.ts";
import { readWhole, WRITING } from "../base/small-file.ts";
import { lockFile, makeFifo, openFifoBothWays, openFifoReader } from "../kernel/files.ts";
import { holderOf } from "../kernel/locks.ts";
import { commOf } from "../kernel/tasks.ts";
import { words } from "./chain.ts";
import { type Extended, parseExtended } from "./extended.ts";
import { fault } from "./fault.ts";
import { claimFile } from "./handed.ts";
import {
  type ChildRecord,
  files,
  packStatus,
  type Status,
  unpackChildRecord,
  unpackStatus,
} from "./layout.ts";

/** O_PATH, which node:fs does not name. */
const O_PATH = 0o10000000;
/** What is read from a control FIFO is used before anything else is read. */
const controlBytes = Buffer.alloc(1024);

/** The directory cannot be supervised; the message is djb's. */
export class Refused extends Error {}

export class ServiceFiles {
  private readonly dirFd: number;
  /** Of the directory, wherever it is. */
  readonly identity: string;
  private lockFd = -1;
  private controlFd = -1;
  private okFd = -1;
  /** As written last. */
  private written: Uint8Array | undefined;
  private extended = "";
  /** Bytes of the file, blanks at its end included. */
  private extendedLength = 0;

  /** Throws Refused. `dir` is the name in messages, `path` where it is if that is not the same. */
  constructor(
    private readonly dir: string,
    private readonly warn: (text: string, error: unknown) => void,
    path = dir,
  ) {
    this.dirFd = this.attempt(`unable to chdir to ${dir}`, () =>
      openSync(bytesOf(path), O_PATH | constants.O_DIRECTORY),
    );
    try {
      this.identity = identityOf(fstatSync(this.dirFd));
      this.attempt(`unable to chdir to ${dir}`, () => accessSync(this.at("."), constants.X_OK));
      this.attempt(`unable to stat ${dir}/down`, () => statSync(this.at("down"), { throwIfNoEntry: false }));
    } catch (error) {
      closeSync(this.dirFd);
      throw error;
    }
  }

  /** A path that leads to `name` in the directory wherever that is by now. */
  at(name: string): string {
    return `/proc/self/fd/${this.dirFd}/${name}`;
  }

  /** Where the directory is now. */
  realPath(): string {
    try {
      return textOf(readlinkSync(`/proc/self/fd/${this.dirFd}`, "buffer"));
    } catch {
      return resolve(this.dir);
    }
  }

  /** What a child changes to before its exec. */
  get childDir(): string {
    return `/proc/self/fd/${this.dirFd}`;
  }

  has(name: string): boolean {
    return existsSync(this.at(name));
  }

  /** Takes the lock and makes the control FIFO; the descriptor to read commands from. Throws Refused. */
  acquire(): number {
    const { dir } = this;
    this.makeSupervise();
    const lock = this.attempt(`unable to acquire ${dir}/${files.lock}`, () => lockFile(this.at(files.lock)));
    if (lock === undefined) throw new Refused(`unable to acquire ${dir}/${files.lock}: temporary failure`);
    this.lockFd = lock;
    this.controlFd = this.attempt(`unable to write ${dir}/${files.control}`, () =>
      this.openFifo(files.control, openFifoBothWays),
    );
    return this.controlFd;
  }

  /** Made if need be; the very one that was handed over, if it was: commands may be waiting there. */
  private openFifo(name: string, open: (path: string) => number): number {
    const path = this.at(name);
    makeFifo(path, 0o600);
    const [fd = open(path), ...more] = claimFile(statSync(path));
    for (const other of more) closeSync(other);
    return fd;
  }

  /** From now on svok succeeds: last, so that whoever sees it finds a status. Throws Refused. */
  announce(): void {
    this.okFd = this.attempt(`unable to read ${this.dir}/${files.ok}`, () =>
      this.openFifo(files.ok, openFifoReader),
    );
  }

  /** Descriptors of the FIFOs by which others see that we are here, and tell us what to do. */
  get fifos(): number[] {
    return [this.controlFd, this.okFd].filter((fd) => fd >= 0);
  }

  /** `supervise` may be a dangling link to where there is room for it; then its target is made. */
  private makeSupervise(): void {
    const path = this.at(files.dir);
    try {
      if (statSync(path, { throwIfNoEntry: false })) return;
      mkdirSync(path, 0o700);
    } catch (error) {
      // what else is wrong shows when the lock cannot be had
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return;
      this.attempt(`unable to create ${this.dir}/${files.dir}`, () =>
        mkdirSync(bytesOf(resolve(this.realPath(), textOf(readlinkSync(path, "buffer")))), 0o700),
      );
    }
  }

  /** Calls `take` for each byte on the control FIFO. Returns what ends that, and closes it. Throws Refused. */
  listen(fd: number, take: (byte: string) => void): () => void {
    const callback = (count: number, bytes: Uint8Array) => {
      for (const byte of bytes.subarray(0, count)) take(String.fromCharCode(byte));
      return true;
    };
    const options = { fd, readable: true, writable: false, onread: { buffer: controlBytes, callback } };
    const socket = this.attempt(`unable to read ${this.dir}/${files.control}`, () => {
      try {
        return new Socket(options);
      } catch (error) {
        // it is no FIFO
        closeSync(fd);
        throw error;
      }
    });
    socket.on("error", (error) => this.warn(`unable to read ${this.dir}/${files.control}`, error));
    return () => void socket.destroy();
  }

  /** `status.new` then rename, so that nobody reads half of it. Nothing if it is as written last. */
  writeStatus(status: Status): void {
    const bytes = packStatus(status);
    if (this.written && Buffer.compare(bytes, this.written) === 0) return;
    let doing = `open ${this.dir}/${files.statusNew}`;
    try {
      writeNew(this.at(files.statusNew), bytes);
      fault("status:written");
      doing = `rename ${this.dir}/${files.statusNew} to status`;
      renameSync(this.at(files.statusNew), this.at(files.status));
      this.written = bytes;
    } catch (error) {
      this.warn(`unable to ${doing}`, error);
    }
  }

  /** The status an earlier supervisor left, if there is one. */
  readStatus(): Status | undefined {
    try {
      return unpackStatus(readWhole(this.at(files.status)));
    } catch {
      return undefined;
    }
  }

  /**
   * In place, by one write: replacing a file by rename makes ext4 write it to the disk at once (auto_da_alloc), which
   * takes milliseconds. What is left of a longer text before is blanked.
   */
  writeExtended(extended: Extended): void {
    const text = JSON.stringify(extended);
    if (text === this.extended) return;
    try {
      const fd = openSync(this.at(files.extended), WRITING, 0o600);
      try {
        this.extendedLength ||= fstatSync(fd).size;
        const bytes = Buffer.from(text);
        const padding = Buffer.alloc(Math.max(0, this.extendedLength - bytes.length), " ");
        writeSync(fd, Buffer.concat([bytes, padding]));
        this.extendedLength = bytes.length + padding.length;
      } finally {
        closeSync(fd);
      }
      this.extended = text;
    } catch (error) {
      // with the directory gone, what is said of status.new is enough
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.warn(`unable to write ${this.dir}/${files.extended}`, error);
    }
  }

  /** What an earlier supervisor knew, if it ran since the last boot. */
  readExtended(): Extended | undefined {
    try {
      return parseExtended(readWhole(this.at(files.extended)).toString());
    } catch {
      return undefined;
    }
  }

  /** A descriptor for ChildScript.recordStart; -1 if there is none to be had. */
  openChildRecord(): number {
    try {
      return openSync(this.at(files.child), WRITING, 0o600);
    } catch {
      return -1;
    }
  }

  /** A new beginning: nothing of before is to be taken over. */
  forgetChildRecord(): void {
    rmSync(this.at(files.child), { force: true });
  }

  /** The last child that was started here, whether it lives or not. */
  readChildRecord(): ChildRecord | undefined {
    try {
      return unpackChildRecord(readWhole(this.at(files.child)));
    } catch {
      return undefined;
    }
  }

  /** Gives everything up; what `listen` returned closes the control descriptor. */
  close(): void {
    for (const fd of [this.okFd, this.lockFd, this.dirFd]) if (fd >= 0) closeSync(fd);
  }

  private attempt<T>(what: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof SysError || (error as NodeJS.ErrnoException).code) {
        throw new Refused(`${what}: ${words(error)}`);
      }
      throw error;
    }
  }
}

/** What there is at `path`; undefined also where that cannot be told. */
export function fileAt(path: string): Stats | undefined {
  try {
    return statSync(bytesOf(path));
  } catch {
    return undefined;
  }
}

/** Whether there is a directory at `path`. */
export const isDirectory = (path: string): boolean => fileAt(path)?.isDirectory() === true;

/** pid of the last child started in a service directory, whether it lives or not. */
export function lastChildOf(dir: string): number | undefined {
  try {
    return unpackChildRecord(readWhole(bytesOf(join(dir, files.child))))?.pid;
  } catch {
    return undefined;
  }
}

/** Who supervises a directory whose lock we do not get, in words. */
export function heldBy(dir: string): string {
  const pid = holderOf(join(dir, files.lock));
  return pid === undefined ? "" : ` (held by ${commOf(pid) ?? "process"}, pid ${pid})`;
}

function writeNew(path: string | Buffer, bytes: Uint8Array): void {
  const fd = openSync(path, WRITING | constants.O_TRUNC, 0o644);
  try {
    writeSync(fd, bytes);
  } finally {
    closeSync(fd);
  }
}
