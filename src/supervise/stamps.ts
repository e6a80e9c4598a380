/** tai64n and tai64nlocal: stamping lines, and making stamps readable. */
import { parseTai64n, tai64nLabel, unixNow } from "../base/tai.ts";

const NEWLINE = 10;
const AT = 64;
const LABEL = 24;

/** Puts a stamp before each line of a stream; `begun` carries over chunks. */
export function stampLines(chunk: Buffer, state: { begun: boolean }): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < chunk.length; ) {
    if (!state.begun) {
      const { seconds, nanoseconds } = unixNow();
      parts.push(Buffer.from(`${tai64nLabel(seconds, nanoseconds)} `, "latin1"));
      state.begun = true;
    }
    const end = chunk.indexOf(NEWLINE, at);
    const stop = end < 0 ? chunk.length : end + 1;
    parts.push(chunk.subarray(at, stop));
    if (end >= 0) state.begun = false;
    at = stop;
  }
  return Buffer.concat(parts);
}

/** Turns a stamp at a line's start into local time; what is no stamp passes unchanged. */
export class LocalTimes {
  private held = Buffer.alloc(0);
  private atStart = true;

  /** Text to print for more input; `end` releases what was held back. */
  feed(chunk: Buffer, end = false): Buffer {
    const input = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    const parts: Buffer[] = [];
    let at = 0;
    while (at < input.length) {
      if (this.atStart && input[at] === AT) {
        if (input.length - at < LABEL + 1 && !end && !input.includes(NEWLINE, at)) break;
        const hex = input.toString("latin1", at + 1, at + 1 + LABEL);
        const time = parseTai64n(hex);
        if (time) {
          parts.push(Buffer.from(localTime(time.seconds, time.nanoseconds), "latin1"));
          at += LABEL + 1;
        }
        this.atStart = false;
        continue;
      }
      const newline = input.indexOf(NEWLINE, at);
      const stop = newline < 0 ? input.length : newline + 1;
      parts.push(input.subarray(at, stop));
      this.atStart = newline >= 0;
      at = stop;
    }
    this.held = Buffer.from(input.subarray(at));
    return Buffer.concat(parts);
  }
}

function localTime(seconds: number, nanoseconds: number): string {
  const d = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${date} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${String(nanoseconds).padStart(9, "0")}`;
}
