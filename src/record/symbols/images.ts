/** Which file is mapped where in a process, as /proc/PID/maps says. */
import { readFileSync } from "node:fs";

export interface Place {
  readonly module: string;
  /** Offset in the module's file, or the address itself where there is no file. */
  readonly offset: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly path: string;
}

/** A map is not read again sooner than this (ns) because an address was not in it. */
const REREAD = 1e9;

/** Parses executable mappings. Exported for its test. */
export function parseMaps(text: string): Range[] {
  const ranges: Range[] = [];
  for (const m of text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+ *(.*)$/gm)) {
    ranges.push({
      start: Number.parseInt(m[1], 16),
      end: Number.parseInt(m[2], 16),
      offset: Number.parseInt(m[3], 16),
      path: m[4].replace(/ \(deleted\)$/, ""),
    });
  }
  return ranges;
}

export class Images {
  private readonly byPid = new Map<number, { read: number; ranges: Range[] }>();

  /** What lies at an address of a process. Reads its map at the first question and when it has grown. */
  locate(pid: number, address: number, now: number): Place {
    let known = this.byPid.get(pid);
    let range = known && find(known.ranges, address);
    if (!range && (!known || now - known.read > REREAD)) {
      known = { read: now, ranges: maps(pid) ?? known?.ranges ?? [] };
      this.byPid.set(pid, known);
      range = find(known.ranges, address);
    }
    if (!range) return { module: "", offset: address };
    if (range.path === "" || range.path.startsWith("//anon")) return { module: "[jit]", offset: address };
    if (range.path.startsWith("[")) return { module: range.path, offset: address - range.start };
    return { module: range.path, offset: address - range.start + range.offset };
  }

  /** The process exec'd or is gone. */
  forget(pid: number): void {
    this.byPid.delete(pid);
  }
}

function find(ranges: readonly Range[], address: number): Range | undefined {
  return ranges.find((r) => address >= r.start && address < r.end);
}

function maps(pid: number): Range[] | undefined {
  try {
    return parseMaps(readFileSync(`/proc/${pid}/maps`, "utf8"));
  } catch {
    return undefined;
  }
}
