/** Where recordings live, how they are named, and which of them are kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** 2^62 + 10: what TAI64 adds to seconds since 1970 when leap seconds are left out, as daemontools does. */
const TAI_OFFSET = 4611686018427387914n;
export const EXTENSION = ".duckdb";
const NAME = /^@[0-9a-f]{24}-\d+\.duckdb$/;

/** Settings of a service, read from files in its `trace/` directory. */
export interface Settings {
  /** Recordings kept. */
  keep: number;
  /** Total size of the recordings in bytes. */
  size: number;
  /** Calls at least this long (ns) are kept while running. */
  threshold: number;
}

/** `@4000000065b1…-4211.duckdb` for a start at `unixNs` nanoseconds since 1970: names sort by time. */
export function recordingName(unixNs: number, pid: number): string {
  const ns = BigInt(Math.round(unixNs));
  const seconds = (ns / 1_000_000_000n + TAI_OFFSET).toString(16).padStart(16, "0");
  const rest = (ns % 1_000_000_000n).toString(16).padStart(8, "0");
  return `@${seconds}${rest}-${pid}${EXTENSION}`;
}

export function recordingsDir(serviceDir: string): string {
  return join(serviceDir, "trace", "recordings");
}

/** Makes the directory for recordings, readable by its owner only. */
export function makeRecordingsDir(serviceDir: string): string {
  const dir = recordingsDir(serviceDir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

/** Names of the recordings in a directory, oldest first. */
export function listRecordings(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((n) => NAME.test(n))
      .sort();
  } catch {
    return [];
  }
}

/** Reads `trace/keep`, `trace/size` (MB) and `trace/threshold` (ms); a file that is no number counts as absent. */
export function readSettings(serviceDir: string): Settings {
  const value = (name: string, otherwise: number): number => {
    const path = join(serviceDir, "trace", name);
    const text = existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8").trim() : "";
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) : otherwise;
  };
  return {
    keep: Math.max(2, value("keep", 20)),
    size: value("size", 512) * 1e6,
    threshold: value("threshold", 10) * 1e6,
  };
}

/** Removes the oldest recordings beyond the limits; never the newest two, nor those in `inUse`. Returns their names. */
export function expire(dir: string, settings: Settings, inUse: ReadonlySet<string>): string[] {
  const names = listRecordings(dir).reverse();
  const removed: string[] = [];
  let bytes = 0;
  for (const [i, name] of names.entries()) {
    const path = join(dir, name);
    try {
      bytes += statSync(path).size;
      if (i < 2 || inUse.has(path) || (i < settings.keep && bytes <= settings.size)) continue;
      rmSync(path);
      rmSync(`${path}.wal`, { force: true });
      removed.push(name);
    } catch {
      // removed by someone else meanwhile
    }
  }
  return removed;
}

/** Absolute path without symbolic links, so that a service is one whatever way it was named. */
export function realDir(dir: string): string {
  try {
    return realpathSync(dir);
  } catch {
    return dir;
  }
}
