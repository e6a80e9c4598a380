/** A directory held open: what is in it is found through the descriptor, whatever the directory is called by then. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, statSync } from "node:fs";
import { bytesOf, textOf } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";

/** Nothing is read through it, and no right to read is needed. */
export const O_PATH = 0o10000000;

export class HeldDir {
  private readonly fd: number;

  /** Throws a node:fs error. */
  constructor(dir: string) {
    this.fd = openSync(bytesOf(dir), O_PATH | constants.O_DIRECTORY);
  }

  /** Leads to it until it is closed, in this process. */
  get path(): string {
    return `/proc/self/fd/${this.fd}`;
  }

  /** What it is called now. */
  get name(): string {
    return textOf(readlinkSync(this.path, "buffer"));
  }

  get identity(): string {
    return identityOf(fstatSync(this.fd, { bigint: true }));
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** What tells a directory from any other, whatever path leads there; of one that is not there, the path. */
export function identityAt(dir: string): string {
  try {
    return identityOf(statSync(bytesOf(dir), { bigint: true }));
  } catch {
    return dir;
  }
}
