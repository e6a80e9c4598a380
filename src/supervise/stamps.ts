/** tai64n and tai64nlocal: stamping lines, and making stamps readable. */
import { tai64nLabel } from "../base/tai.ts";
import { localTime } from "../kernel/localtime.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { AREA_BYTES, type Area, copyWords } from "./area.ts";

const NEWLINE = 10;
/** Lines that come in so many bytes came at the same time: the original reads as much at once. */
const READ = 1024;
const AT = 64;
const _AT = 64;
const SPACE = 32;
const LABEL = 24;
/** `@`, 24 digits and a space. */
export const STAMP_BYTES = LABEL + 2;
/** Where a stamp's eight digits of nanoseconds begin. */
const NANOSECONDS_AT = 17;

/** What `copyWords` writes beyond what it was asked for, at most. */
const WORD = 4;

const digits = Buffer.from("0123456789abcdef", "latin1");
/** The four hexadecimal digits of a 16-bit number, as a big-endian word. */
const fourDigits = new Uint32Array(65536);
for (let n = 0; n < fourDigits.length; n++) {
  fourDigits[n] =
    (digits[n >> 12] << 24) | (digits[(n >> 8) & 15] << 16) | (digits[(n >> 4) & 15] << 8) | digits[n & 15];
}

/** Writes stamps of the present moment, thousands a millisecond. */
export class Stamper {
  /** Unix time at `performance.now() === 0`, whole seconds and the milliseconds beyond. */
  private seconds = 0;
  private milliseconds = 0;
  private readonly label = new Uint8Array(NANOSECONDS_AT + 3);
  private readonly labelView = new DataView(this.label.buffer);
  private labelled = -1;

  /** Looks at the system's clock, which may have been set. Call when new input comes. */
  begin(): void {
    const now = performance.now();
    const { seconds, nanoseconds } = wallClock();
    this.milliseconds = nanoseconds / 1e6 - now;
    this.seconds = seconds;
  }

  /** Writes STAMP_BYTES bytes. */
  write(into: DataView, at: number): void {
    const ms = this.milliseconds + performance.now();
    const carry = Math.floor(ms / 1000);
    const seconds = this.seconds + carry;
    if (seconds !== this.labelled) {
      this.label.set(Buffer.from(tai64nLabel(seconds, 0).slice(0, NANOSECONDS_AT), "latin1"));
      this.labelled = seconds;
    }
    for (let i = 0; i < NANOSECONDS_AT; i += 4) into.setUint32(at + i, this.labelView.getUint32(i));
    into.setUint8(at + NANOSECONDS_AT - 1, this.label[NANOSECONDS_AT - 1]);
    const nanoseconds = Math.floor((ms - carry * 1000) * 1e6);
    into.setUint32(at + NANOSECONDS_AT, fourDigits[nanoseconds >>> 16]);
    into.setUint32(at + NANOSECONDS_AT + 4, fourDigits[nanoseconds & 0xffff]);
    into.setUint8(at + LABEL + 1, SPACE);
  }
}

/** Output that grows with what one piece of input makes of itself. */
class Text {
  private bytes = Buffer.alloc(0);
  view = new DataView(new ArrayBuffer(0));
  filled = 0;

  get written(): Buffer {
    return this.bytes.subarray(0, this.filled);
  }

  /** Makes room for so many bytes, and what `copyWords` adds. */
  reserve(bytes: number): void {
    if (this.bytes.length - this.filled > bytes + WORD) return;
    const wider = Buffer.allocUnsafeSlow(2 * (this.filled + bytes) + AREA_BYTES);
    wider.set(this.written);
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }

  /** Copies what `reserve` made room for. */
  copy(from: DataView, at: number, end: number): void {
    copyWords(from, at, this.view, this.filled, end - at);
    this.filled += end - at;
  }

  add(text: string): void {
    this.reserve(text.length);
    this.bytes.write(text, this.filled, "latin1");
    this.filled += text.length;
  }
}

/** tai64n: a stamp before each line of a stream. */
export class LineStamps {
  private begun = false;
  private readonly stamper = new Stamper();
  private readonly stamp = new DataView(new ArrayBuffer(STAMP_BYTES + WORD));
  private readonly out = new Text();

  /** The stamped text of `length` bytes more; valid until the next call. The byte after the input is overwritten. */
  feed({ bytes, view }: Area, length: number): Buffer {
    const { out } = this;
    this.stamper.begin();
    out.filled = 0;
    bytes[length] = NEWLINE;
    for (let at = 0, clockAt = 0; at < length; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = Math.min(newline + 1, length);
      out.reserve(STAMP_BYTES + end - at);
      if (!this.begun) {
        if (at >= clockAt) {
          this.stamper.write(this.stamp, 0);
          clockAt = at + READ;
        }
        out.copy(this.stamp, 0, STAMP_BYTES);
      }
      out.copy(view, at, end);
      this.begun = newline === length;
      at = end;
    }
    return out.written;
  }
}

/** 2^62 + 10, the label of 1970, in halves. */
const EPOCH_HIGH = 0x40000000;
const EPOCH_LOW = 10;
const TWO_32 = 2 ** 32;
/** Digits in a row beyond which it is no stamp. */
const DIGITS_MAX = 1000;

/** tai64nlocal: a stamp at a line's start as local time; what is no stamp passes unchanged. */
export class LocalTimes {
  private state: "start" | "label" | "line" = "start";
  /** Digits of the label at hand, which may go on in the next chunk. */
  private digits: number[] = [];
  private dated = Number.NaN;
  private date = "";
  private readonly out = new Text();

  /**
   * Text to print for `length` bytes more, valid until the next call; with 0, the end, what was held back. The byte after
   * the input is overwritten.
   */
  feed({ bytes, view }: Area, length: number): Buffer {
    const { out, digits } = this;
    out.filled = 0;
    bytes[length] = NEWLINE;
    for (let at = 0; at < length; ) {
      if (this.state === "start") {
        this.state = bytes[at] === AT ? "label" : "line";
        if (this.state === "label") at++;
      } else if (this.state === "label") {
        while (at < length && digits.length <= DIGITS_MAX && hex[bytes[at]] >= 0) digits.push(bytes[at++]);
        if (at < length) this.label();
      } else {
        const newline = bytes.indexOf(NEWLINE, at);
        const end = Math.min(newline + 1, length);
        out.reserve(end - at);
        out.copy(view, at, end);
        if (newline < length) this.state = "start";
        at = end;
      }
    }
    if (length === 0 && this.state === "label") this.label();
    return out.written;
  }

  /** Prints the label at hand. */
  private label(): void {
    const { digits } = this;
    let [high, low, nanoseconds] = [0, 0, 0];
    for (let i = 0; i < digits.length; i++) {
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | (nanoseconds >>> 28)) >>> 0;
      nanoseconds = ((nanoseconds << 4) | hex[digits[i]]) >>> 0;
    }
    const seconds = (high - EPOCH_HIGH) * TWO_32 + low - EPOCH_LOW;
    if (seconds !== this.dated) {
      this.dated = seconds;
      this.date = localPrefix(seconds);
    }
    const known = this.date !== "" && digits.length <= DIGITS_MAX;
    if (known) this.out.add(this.date + String(nanoseconds).padStart(9, "0"));
    else this.out.add(`@${String.fromCharCode(...digits)}`);
    digits.length = 0;
    this.state = "line";
  }
}

/** The value of a digit, -1 for what is none: djb's are lower case. */
const hex = Int8Array.from({ length: 256 }, (_, c) => "0123456789abcdef".indexOf(String.fromCharCode(c)));

/** `2026-11-26 21:30:00.`; empty if there is no such date. */
export function localPrefix(seconds: number): string {
  const local = localTime(seconds);
  return local ? `${local.date} ${local.clock}.` : "";
}
