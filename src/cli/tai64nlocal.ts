/** `tai64nlocal`: stamps at the start of lines as local time. */
import { LocalTimes } from "../supervise/stamps.ts";

export async function main(): Promise<number> {
  const times = new LocalTimes();
  for await (const chunk of process.stdin) {
    if (!process.stdout.write(times.feed(chunk as Buffer))) await drained();
  }
  process.stdout.write(times.feed(Buffer.alloc(0), true));
  return 0;
}

const drained = () => new Promise<void>((resolve) => process.stdout.once("drain", resolve));
