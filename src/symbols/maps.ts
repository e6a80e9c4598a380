/** Which file is mapped where in a process: /proc/PID/maps, man 5 proc. */

import { readFileSync } from "node:fs";
import { textOf } from "../base/bytes.ts";
import { lowest } from "../base/search.ts";

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
  /** As the kernel writes it: "" without a file, `[vdso]`, or a path as base/bytes.ts has it, with \\012 for newlines. */
  readonly path: string;
  /** The file has no name any more. */
  readonly deleted: boolean;
}

/** Parses /proc/PID/maps, read as Latin-1. */
export function parseMaps(text: string): Mapping[] {
  const found: Mapping[] = [];
  // a path may hold a carriage return, at which `.` and `$` would end it
  const line =
    /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *([^\n]*?)( \(deleted\))?(?![^\n])/gm;
  for (const m of text.matchAll(line)) {
    found.push({
      start: Number.parseInt(m[1], 16),
      end: Number.parseInt(m[2], 16),
      mode: m[3],
      offset: Number.parseInt(m[4], 16),
      device: m[5],
      inode: Number(m[6]),
      path: textOf(Buffer.from(m[7], "latin1")),
      deleted: m[8] !== undefined,
    });
  }
  return found;
}

export const executable = (m: Mapping): boolean => m.mode[2] === "x";

/**
 * Whether its path stands for memory that processes share, and for no file: of memfd_create(2), MAP_SHARED | MAP_ANONYMOUS, or
 * shmget(2). Compilers at run time map their code so to write it at another address than they run it at.
 */
export const isSharedMemory = ({ path, deleted }: Mapping): boolean =>
  deleted && /^\/(memfd:|dev\/zero$|SYSV)/.test(path);

/** The mappings of a process by address; undefined if it is gone or not ours to look at. */
export function mappings(pid: number): Mapping[] | undefined {
  try {
    return parseMaps(readFileSync(`/proc/${pid}/maps`, "latin1"));
  } catch {
    return undefined;
  }
}

/** The one an address is in. */
export function findMapping(sorted: readonly Mapping[], address: number): Mapping | undefined {
  const found = sorted[lowest(sorted.length, (i) => sorted[i].start > address) - 1];
  return found && address < found.end ? found : undefined;
}
