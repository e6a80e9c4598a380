/** Where recordings live, how they are named, and which of them are kept. */
import { mkdirSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../base/bytes.ts";
import type { Settings } from "./settings.ts";

/** 2^62 + 10: what TAI64 adds to seconds since 1970 when leap seconds are left out, as daemontools does. */
const TAI_OFFSET = 4611686018427387914n;
export const EXTENSION = ".duckdb";
/** What DuckDB appends to a file's name for its write-ahead log. */
export const LOG = ".wal";
/** What a recording's name ends in until something is in it. */
export const BEGUN = ".begun";
/** One that is not written for this long (ms) was left by a recorder that was killed. */
const ABANDONED = 600_000;
const NAME = /^@[0-9a-f]{24}-\d+\.duckdb$/;
/** One in which something is, or will be. */
const TAKEN = /^@([0-9a-f]{16})([0-9a-f]{8})-\d+\.duckdb(\.begun)?$/;
const SECOND = 1_000_000_000n;

/** `@4000000065b1…-4211.duckdb` for a start at `unixNs` nanoseconds since 1970: names sort by time. */
export function recordingName(unixNs: number | bigint, pid: number): string {
  const ns = typeof unixNs === "bigint" ? unixNs : BigInt(Math.round(unixNs));
  const seconds = (ns / SECOND + TAI_OFFSET).toString(16).padStart(16, "0");
  const rest = (ns % SECOND).toString(16).padStart(8, "0");
  return `@${seconds}${rest}-${pid}${EXTENSION}`;
}

/** The name of the next recording in a directory: it sorts behind those that are there, however the clock has been set since. */
export function nextRecordingName(dir: string, unixNs: number, pid: number): string {
  let ns = BigInt(Math.round(unixNs));
  for (const name of entries(dir)) {
    const [, seconds, rest] = TAKEN.exec(name) ?? [];
    if (seconds === undefined) continue;
    const taken = (BigInt(`0x${seconds}`) - TAI_OFFSET) * SECOND + BigInt(`0x${rest}`);
    if (taken >= ns) ns = taken + 1n;
  }
  return recordingName(ns, pid);
}

export function recordingsDir(serviceDir: string): string {
  return join(serviceDir, "trace", "recordings");
}

/**
 * What DuckDB makes, a write-ahead log above all, has the mode that the umask leaves it, and arguments of calls in it. For processes
 * that start no more commands.
 */
export const keepPrivate = (): void => void process.umask(0o077);

/** Makes the directory for recordings, readable by its owner only, where there is `trace/`. Throws a node:fs error. */
export function makeRecordingsDir(serviceDir: string): string {
  const dir = recordingsDir(serviceDir);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
  return dir;
}

/** Names of the recordings in a directory, oldest first. */
export function listRecordings(dir: string): string[] {
  return entries(dir)
    .filter((n) => NAME.test(n))
    .sort();
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** What says how many recordings are kept: see Settings. */
type Limits = Pick<Settings, "keep" | "size" | "age">;

/**
 * Removes recordings beyond the limits, oldest first; never the newest two, nor those in `inUse`. `now` is in ms since
 * 1970. Returns the names of those removed.
 */
export function expire(
  dir: string,
  limits: Limits,
  inUse: ReadonlySet<string>,
  now: number = Date.now(),
): string[] {
  removeAbandoned(dir, now);
  const names = listRecordings(dir).reverse();
  const removed: string[] = [];
  let bytes = 0;
  for (const [i, name] of names.entries()) {
    const path = join(dir, name);
    try {
      const { size, mtimeMs } = statSync(path);
      bytes += size;
      const old = limits.age > 0 && now - mtimeMs > limits.age / 1e6;
      if (i < 2 || inUse.has(path) || (i < limits.keep && bytes <= limits.size && !old)) continue;
      rmSync(path);
      rmSync(path + LOG, { force: true });
      removed.push(name);
    } catch {
      // removed by someone else meanwhile
    }
  }
  return removed;
}

function removeAbandoned(dir: string, now: number): void {
  try {
    for (const name of readdirSync(dir)) {
      const path = join(dir, name);
      if (/\.begun(\.wal)?$/.test(name) && now - statSync(path).mtimeMs > ABANDONED) rmSync(path);
    }
  } catch {
    // there is nothing, or another one was quicker
  }
}

/** Absolute path without symbolic links. */
export function realDir(dir: string): string {
  try {
    return textOf(realpathSync(bytesOf(dir), "buffer"));
  } catch {
    return dir;
  }
}
