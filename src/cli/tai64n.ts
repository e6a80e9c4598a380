/** `tai64n`: a TAI64N stamp before each line of stdin. */
import { djbMain } from "../supervise/chain.ts";
import { filter } from "../supervise/filter.ts";
import { LineStamps } from "../supervise/stamps.ts";

export function main(): Promise<number> {
  const stamps = new LineStamps();
  return djbMain("tai64n", () => filter((input, length) => stamps.feed(input, length)));
}
