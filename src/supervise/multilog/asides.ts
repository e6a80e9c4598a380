/** What of a line goes to standard error (`e`) and into status files (`=file`). */
import { writeSync } from "node:fs";

const ALERT_BYTES = 200;
export const STATUS_BYTES = 1001;
const NEWLINE = 10;

/** The beginning of a line for standard error; whether anybody reads it is no matter of ours. */
export function alert(line: Buffer): void {
  const tail = line.length > ALERT_BYTES ? "...\n" : "\n";
  const text = Buffer.concat([line.subarray(0, ALERT_BYTES), Buffer.from(tail)]);
  try {
    writeSync(2, text);
  } catch {
    // closed, or full
  }
}

/** The line as a status file holds it. */
export function statusText(line: Buffer): Buffer {
  const text = Buffer.alloc(STATUS_BYTES, NEWLINE);
  line.copy(text);
  return text;
}
