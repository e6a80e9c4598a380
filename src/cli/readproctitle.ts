/** `readproctitle ... room`: keeps the last of what it reads where ps shows it, in its own last argument. */
import { readSync } from "node:fs";
import { bytesOf } from "../base/bytes.ts";
import { lastArgumentMemory } from "../kernel/own-memory.ts";
import { SYSTEM_EXIT, USAGE_EXIT } from "../supervise/chain.ts";

/** What stays of the room: three dots say that there was more. */
const DOTS = "...";
const LEAST = 5;
const CHUNK = 4096;

export async function main(argv: string[]): Promise<number> {
  const room = bytesOf(argv.at(-1) ?? "").length;
  if (room < LEAST) return USAGE_EXIT;
  const memory = lastArgumentMemory(room);
  memory.fill(DOTS.charCodeAt(0));
  const text = memory.subarray(DOTS.length);
  const chunk = Buffer.alloc(CHUNK);
  for (;;) {
    let n: number;
    try {
      n = readSync(0, chunk);
    } catch {
      return SYSTEM_EXIT;
    }
    if (n === 0) return 0;
    const read = chunk.subarray(0, n).filter((byte) => byte !== 0);
    const kept = read.subarray(Math.max(0, read.length - text.length));
    text.copyWithin(0, kept.length);
    text.set(kept, text.length - kept.length);
  }
}
