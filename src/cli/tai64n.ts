/** `tai64n`: a TAI64N stamp before each line of stdin. */
import { filter } from "../supervise/filter.ts";
import { LineStamps } from "../supervise/stamps.ts";

export function main(): Promise<number> {
  const stamps = new LineStamps();
  return filter((input, length) => stamps.feed(input, length));
}
