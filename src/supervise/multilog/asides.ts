/** What of a line goes to standard error (`e`) and into status files (`=file`). */
import { writeSync } from "node:fs";

const ALERT_BYTES = 200;
export const STATUS_BYTES = 1001;
const NEWLINE = 10;

/** The beginning of a line, as standard error gets it. */
export function alertText(line: Buffer): Buffer {
  const tail = line.length > ALERT_BYTES ? "...\n" : "\n";
  return Buffer.concat([line.subarray(0, ALERT_BYTES), Buffer.from(tail)]);
}

/** Waits until it is read, as the original does; whether anybody reads it is no matter of ours. */
export function alert(line: Buffer): void {
  try {
    writeSync(2, alertText(line));
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
