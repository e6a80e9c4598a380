/** Directories that only we may enter, for a while: they are gone afterwards, by whatever signal we end, SIGKILL apart. */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { bytesOf } from "../base/bytes.ts";
import { inherited } from "./inherited.ts";

const ENDING = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

const dirs = new Set<string>();

/** Runs `use` with a directory of its own whose path begins with `prefix`. Throws the error of mkdir(2). */
export async function inTempDir<T>(prefix: string, use: (dir: string) => Promise<T>): Promise<T> {
  const dir = prefix + randomBytes(6).toString("hex");
  mkdirSync(bytesOf(dir), { mode: 0o700 });
  if (dirs.size === 0) for (const s of signals()) process.on(s, end);
  dirs.add(dir);
  try {
    return await use(dir);
  } finally {
    if (dirs.delete(dir) && dirs.size === 0) for (const s of signals()) process.off(s, end);
    remove(dir);
  }
}

const signals = () => ENDING.filter((s) => !inherited?.ignored.has(constants.signals[s]));

function end(signal: NodeJS.Signals): void {
  // who has another use for the signal goes on, and uses the directory
  if (process.listenerCount(signal) > 1) return;
  for (const dir of dirs) remove(dir);
  process.off(signal, end).kill(process.pid, signal);
}

const remove = (dir: string) => rmSync(bytesOf(dir), { recursive: true, force: true });
