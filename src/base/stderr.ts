/**
 * Messages on standard error. `process.stderr` and `process.stdout` are not for programs that start others: Node makes
 * a pipe behind them non-blocking, for everyone who shares it, and opens a descriptor that the others would inherit.
 */
import { writeSync } from "node:fs";
import { bytesOf } from "./bytes.ts";
import { sleepSync } from "./sleep.ts";

/** Writes all of `text`, whatever the bytes of the names in it (base/bytes.ts). Standard error that is closed or whose reader is gone loses it. */
export function tell(text: string): void {
  let bytes = bytesOf(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(2, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      sleepSync(1);
    }
  }
}
