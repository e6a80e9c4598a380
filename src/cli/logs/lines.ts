/** Lines of a log as they are shown: stamps as local time, nothing a terminal would act on. */
import { textOf } from "../../base/bytes.ts";
import { parseTai64n } from "../../base/tai.ts";
import { localTime } from "../../supervise/stamps.ts";

export interface LineStyle {
  readonly stamps: "local" | "utc" | "raw";
}

const LABEL_END = 25;

/** A line without its newline, escaped; a TAI64N stamp at its beginning is replaced by the time. */
export function showLine(line: Uint8Array, { stamps }: LineStyle): string {
  const text = escaped(textOf(line));
  if (stamps === "raw" || text[0] !== "@") return text;
  const time = parseTai64n(text.slice(1, LABEL_END));
  return time ? date(time, stamps === "utc") + text.slice(LABEL_END) : text;
}

/** Control characters, among them C1 and what is no UTF-8, as \xNN; tabs stay. */
function escaped(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\udc80-\udcff\u202a-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.charCodeAt(0);
    return code >= 0x2000 && code < 0xdc00
      ? `\\u${code.toString(16)}`
      : `\\x${(code & 0xff).toString(16).padStart(2, "0")}`;
  });
}

function date({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }, utc: boolean): string {
  const text = utc ? utcTime(seconds) : localTime(seconds);
  return `${text || "????-??-?? ??:??:??."}${String(nanoseconds).padStart(9, "0")}${utc ? "Z" : ""}`;
}

function utcTime(seconds: number): string {
  const d = new Date(seconds * 1000);
  return Number.isNaN(d.getTime()) ? "" : d.toISOString().replace("T", " ").slice(0, -"000Z".length);
}

/** Cuts a stream of chunks into lines; what comes behind the last newline waits for more. */
export class Lines {
  private rest: Buffer = Buffer.alloc(0);

  feed(chunk: Uint8Array): Buffer[] {
    const all = Buffer.concat([this.rest, chunk]);
    const lines: Buffer[] = [];
    let at = 0;
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, at)) {
      lines.push(all.subarray(at, end));
      at = end + 1;
    }
    this.rest = all.subarray(at);
    return lines;
  }

  /** A last line without a newline. */
  end(): Buffer[] {
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    return rest.length > 0 ? [rest] : [];
  }
}
