/** `tai64n`: a TAI64N stamp before each line of stdin. */
import { stampLines } from "../supervise/stamps.ts";

export async function main(): Promise<number> {
  const state = { begun: false };
  for await (const chunk of process.stdin) {
    if (!process.stdout.write(stampLines(chunk as Buffer, state))) await drained();
  }
  return 0;
}

const drained = () => new Promise<void>((resolve) => process.stdout.once("drain", resolve));
