/** Files that people write, a few lines long: whatever lies there instead must neither hold us up nor fill our memory. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { bytesOf, textOf } from "./bytes.ts";

const LIMIT = 64 * 1024;

// an open(2) of a FIFO waits for a writer otherwise
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** To write what may have been replaced by a FIFO: one that nobody reads is refused, not waited for. */
export const WRITING = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;

/** Whether what could not be read is not there. */
export const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Why `readSmall` threw, in words that go behind the file's name. */
export function unreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? `it ${message}` : `it cannot be read: ${code}`;
}

/** All of a file, of a FIFO what is in it. Throws a node:fs error. */
export function readWhole(path: string | Buffer): Buffer {
  const fd = openSync(path, FLAGS);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * The text of a regular file of at most 64 KiB. Throws a node:fs error, or an Error that says in words what is wrong
 * with the file.
 */
export function readSmall(path: string | Buffer): string {
  const fd = openSync(typeof path === "string" ? bytesOf(path) : path, FLAGS);
  try {
    if (!fstatSync(fd).isFile()) throw new Error("is no regular file");
    const bytes = Buffer.alloc(LIMIT + 1);
    let length = 0;
    for (let n = -1; n !== 0 && length < bytes.length; length += n) {
      n = readSync(fd, bytes, length, bytes.length - length, null);
    }
    if (length > LIMIT) throw new Error("is longer than 64 KiB");
    return textOf(bytes.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}
