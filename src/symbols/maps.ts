/** Which file is mapped where in a process: /proc/PID/maps, man 5 proc. */
import { readFileSync } from "node:fs";

export interface Mapping {
  readonly start: number;
  readonly end: number;
  /** `rwxp` */
  readonly mode: string;
  /** In the file. */
  readonly offset: number;
  /** `major:minor` in hexadecimal. */
  readonly device: string;
  readonly inode: number;
  /** As the kernel writes it: "" without a file, `[vdso]`, or a path, with \\012 for newlines. */
  readonly path: string;
  /** The file has no name any more. */
  readonly deleted: boolean;
}

/** Parses the text of /proc/PID/maps. */
export function parseMaps(text: string): Mapping[] {
  const found: Mapping[] = [];
  const line =
    /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*?)( \(deleted\))?$/gm;
  for (const m of text.matchAll(line)) {
    found.push({
      start: Number.parseInt(m[1], 16),
      end: Number.parseInt(m[2], 16),
      mode: m[3],
      offset: Number.parseInt(m[4], 16),
      device: m[5],
      inode: Number(m[6]),
      path: m[7],
      deleted: m[8] !== undefined,
    });
  }
  return found;
}

export const executable = (m: Mapping): boolean => m.mode[2] === "x";

/** The mappings of a process by address; undefined if it is gone or not ours to look at. */
export function mappings(pid: number): Mapping[] | undefined {
  try {
    return parseMaps(readFileSync(`/proc/${pid}/maps`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The one an address is in. */
export function findMapping(sorted: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (sorted[mid].start <= address) low = mid + 1;
    else high = mid;
  }
  const found = sorted[low - 1];
  return found && address < found.end ? found : undefined;
}
