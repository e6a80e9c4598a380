/** `svtrace logs [-f] [-n N] SERVICE`: a service's log with local times. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { contentOf } from "./logs/content.ts";
import { Follower } from "./logs/follow.ts";
import { type LineStyle, Lines, showLine } from "./logs/lines.ts";
import { findLog, logFiles } from "./logs/locate.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

/** Lines shown before those that -f waits for. */
const DEFAULT_TAIL = 10;
const CHUNK = 64 * 1024;

export async function main(argv: string[]): Promise<number> {
  const program = table("logs");
  const { values, operands } = parseArguments(program, argv);
  const follow = values.has("follow");
  const wanted = values.get("lines") ?? (follow ? String(DEFAULT_TAIL) : "");
  if (!/^\d*$/.test(wanted)) throw wrong(program, `-n ${wanted}: not a number of lines`);
  const tail = wanted === "" ? Number.POSITIVE_INFINITY : Number(wanted);
  const style: LineStyle = { stamps: values.has("raw") ? "raw" : values.has("utc") ? "utc" : "local" };
  const show = (lines: readonly Uint8Array[]) => lines.map((l) => `${showLine(l, style)}\n`).join("");

  const dir = findLog(operands[0]);
  const files = logFiles(dir);
  const seen = files.filter((n) => n.startsWith("@"));
  // opened first: what is added, or rotated away, meanwhile is read through it
  const fd = openSync(join(dir, "current"), "r");
  const lines = new Lines();
  const current = lines.feed(readAll(fd));
  const older = files.filter((n) => n !== "current");
  if (!follow) current.push(...lines.end());
  for (const old of takeOlder(dir, older, tail - current.length)) await print(show(old));
  await print(show(tail < current.length ? current.slice(current.length - tail) : current));
  if (!follow) {
    closeSync(fd);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  process.stdout.on("error", () => stop.abort());
  const follower = new Follower(
    dir,
    {
      data: (chunk) => process.stdout.write(show(lines.feed(chunk))),
      // the end of one that was cut off is no part of the next line
      file: (content) => process.stdout.write(show([...lines.feed(content), ...lines.end()])),
    },
    { fd, seen },
  );
  await follower.run(stop.signal);
  return 0;
}

/** Reads to the end through the descriptor's own position. */
function readAll(fd: number): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(CHUNK);
    const n = readSync(fd, chunk, 0, CHUNK, null);
    if (n === 0) return Buffer.concat(parts);
    parts.push(chunk.subarray(0, n));
  }
}

/** Lines of the older files, oldest first, at most the last `count`: only as many files are read as that takes. */
function takeOlder(dir: string, files: readonly string[], count: number): Iterable<Buffer[]> {
  if (count === Number.POSITIVE_INFINITY) return each(dir, files);
  const taken: Buffer[][] = [];
  for (let i = files.length - 1, left = count; i >= 0 && left > 0; i--) {
    const lines = linesOf(join(dir, files[i]));
    taken.unshift(lines.slice(Math.max(0, lines.length - left)));
    left -= lines.length;
  }
  return taken;
}

function* each(dir: string, files: readonly string[]): Iterable<Buffer[]> {
  for (const name of files) yield linesOf(join(dir, name));
}

function linesOf(path: string): Buffer[] {
  const lines = new Lines();
  return [...lines.feed(contentOf(path)), ...lines.end()];
}
