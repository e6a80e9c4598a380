/** `tai64nlocal`: stamps at the start of lines as local time. */
import { djbMain } from "../supervise/chain.ts";
import { filter } from "../supervise/filter.ts";
import { LocalTimes } from "../supervise/stamps.ts";

export function main(): Promise<number> {
  const times = new LocalTimes();
  return djbMain("tai64nlocal", () => filter((input, length) => times.feed(input, length)));
}
