/** Points in time as people read them, for comments. */
import type { Context } from "./context.ts";

const two = (n: number) => String(n).padStart(2, "0");

let cachedSecond = Number.NaN;
let cachedText: readonly [string, string] = ["", ""];

/** Date and zone of a second, `2024-01-31T12:00:00` and `+0000`, in local time. Neighbouring calls repeat it. */
function parts(second: number): readonly [string, string] {
  if (second !== cachedSecond) {
    const d = new Date(second * 1000);
    const offset = -d.getTimezoneOffset();
    const zone = Math.abs(offset);
    cachedSecond = second;
    cachedText = [
      `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T` +
        `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`,
      `${offset < 0 ? "-" : "+"}${two(Math.floor(zone / 60))}${two(zone % 60)}`,
    ];
  }
  return cachedText;
}

/** `2024-01-31T12:00:00.5+0000`, or undefined for no time at all or one that makes no sense. */
export function dateText(second: number, fraction: number, digits: 6 | 9): string | undefined {
  if ((second === 0 && fraction === 0) || fraction < 0 || fraction >= 10 ** digits) return undefined;
  if (!(Math.abs(second) <= 8.64e12)) return undefined;
  const [date, zone] = parts(second);
  return date + (fraction === 0 ? "" : `.${String(fraction).padStart(digits, "0")}`) + zone;
}

export function dateComment(c: Context, second: number, fraction: number, digits: 6 | 9): void {
  const text = dateText(second, fraction, digits);
  if (text !== undefined) c.sink.comment(text);
}
