/** `tai64nlocal`: stamps at the start of lines as local time. */
import { filter } from "../supervise/filter.ts";
import { LocalTimes } from "../supervise/stamps.ts";

export function main(): Promise<number> {
  const times = new LocalTimes();
  return filter((input, length) => times.feed(input, length));
}
