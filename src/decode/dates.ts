/** Points in time as people read them, for comments. */
import { type LocalTime, localTime } from "../kernel/localtime.ts";
import type { Context } from "./context.ts";

const two = (n: number) => String(n).padStart(2, "0");

let cachedSecond: number | bigint = Number.NaN;
let cachedText: readonly [string, string] | undefined;

/** Date and zone of a second, `2024-01-31T12:00:00` and `+0000`, in local time. Neighbouring calls repeat it. */
function parts(second: number | bigint): readonly [string, string] | undefined {
  if (second !== cachedSecond) {
    cachedSecond = second;
    const local = localTime(second);
    cachedText = local && textOf(local);
  }
  return cachedText;
}

function textOf({ date, clock, offset }: LocalTime): [string, string] {
  const zone = Math.floor(Math.abs(offset) / 60);
  return [`${date}T${clock}`, `${offset < 0 ? "-" : "+"}${two(Math.floor(zone / 60))}${two(zone % 60)}`];
}

/** `2024-01-31T12:00:00.5+0000`, or undefined for no time at all or one that makes no sense. */
export function dateText(second: number | bigint, fraction: number, digits: 6 | 9): string | undefined {
  if ((second === 0 && fraction === 0) || fraction < 0 || fraction >= 10 ** digits) return undefined;
  const text = parts(second);
  if (!text) return undefined;
  const [date, zone] = text;
  return date + (fraction === 0 ? "" : `.${String(fraction).padStart(digits, "0")}`) + zone;
}

/** A second of halves; there are dates beyond what doubles count. */
export function secondOf(lo: number, hi: number): number | bigint {
  const second = lo + (hi | 0) * 4294967296;
  return Number.isSafeInteger(second) ? second : (BigInt(hi | 0) << 32n) | BigInt(lo >>> 0);
}

export function dateComment(c: Context, second: number | bigint, fraction: number, digits: 6 | 9): void {
  const text = dateText(second, fraction, digits);
  if (text !== undefined) c.sink.comment(text);
}
