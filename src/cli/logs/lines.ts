/** Lines of a log as they are shown: stamps as local time, nothing a terminal would act on but tabs. */
import { textOf } from "../../base/bytes.ts";
import { printable } from "../../base/printable.ts";
import { parseTai64n } from "../../base/tai.ts";
import { NO_TIME } from "../../kernel/localtime.ts";
import { localPrefix } from "../../supervise/stamps.ts";

export interface LineStyle {
  readonly stamps: "local" | "utc" | "raw";
}

const LABEL_END = 25;

/** A line without its newline, escaped; a TAI64N stamp at its beginning is replaced by the time. */
export function showLine(line: Uint8Array, { stamps }: LineStyle): string {
  const text = textOf(line).split("\t").map(printable).join("\t");
  if (stamps === "raw" || text[0] !== "@") return text;
  const time = parseTai64n(text.slice(1, LABEL_END));
  return time ? date(time, stamps === "utc") + text.slice(LABEL_END) : text;
}

function date({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }, utc: boolean): string {
  const text = utc ? utcTime(seconds) : localPrefix(seconds);
  return `${text || `${NO_TIME.date} ${NO_TIME.clock}.`}${String(nanoseconds).padStart(9, "0")}${utc ? "Z" : ""}`;
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
