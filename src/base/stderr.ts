/**
 * Messages on standard error. `process.stderr` and `process.stdout` are not for programs that start others: Node makes
 * a pipe behind them non-blocking, for everyone who shares it, and opens a descriptor that the others would inherit.
 */
import { EventEmitter } from "node:events";
import { writeSync } from "node:fs";
import { bytesOf } from "./bytes.ts";
import { sleepSync } from "./sleep.ts";

let write = writeAll;

/** Has `tell` write by this function from now on: for those who must not wait until their messages are read. */
export function tellBy(writer: (bytes: Uint8Array) => void): void {
  write = writer;
}

/** Writes all of `text`, whatever the bytes of the names in it (base/bytes.ts). Standard error that is closed or whose reader is gone loses it. */
export const tell = (text: string | Uint8Array): void =>
  write(typeof text === "string" ? bytesOf(text) : text);

function writeAll(bytes: Uint8Array): void {
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(2, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      sleepSync(1);
    }
  }
}

/** What is left of a stream: enough for console.error, and for those who only look. */
class PlainStderr extends EventEmitter {
  readonly fd = 2;
  readonly writable = true;

  write(chunk: string | Uint8Array, encoding?: unknown, done?: (error: null) => void): boolean {
    tell(chunk);
    const callback = typeof encoding === "function" ? (encoding as (error: null) => void) : done;
    // console.error takes anything but null for an error
    if (callback) process.nextTick(callback, null);
    return true;
  }
}

/**
 * Puts an object that writes as `tell` does in the place of process.stderr, for those parts of Node that look at it: to
 * close a socket is enough to make what is behind it non-blocking.
 */
export function replaceStderr(): void {
  Object.defineProperty(process, "stderr", {
    value: new PlainStderr(),
    configurable: true,
    enumerable: true,
  });
}
