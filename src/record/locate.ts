/** Finds the recording that a person means: a file, a service directory, a scan directory, or here. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import type { Recording } from "./model.ts";
import { listRecordings, realDir, recordingsDir } from "./names.ts";
import { readRecording } from "./reader.ts";

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The service directory that `target` names, if it names one. */
export function serviceDirOf(target: string): string | undefined {
  return isDirectory(target) && existsSync(recordingsDir(target)) ? realDir(resolve(target)) : undefined;
}

/** Path of the newest recording at or below `target`. Throws UsageError when there is none. */
export function locate(target = "."): string {
  if (!existsSync(target)) throw new UsageError(`${target}: file does not exist`);
  if (!isDirectory(target)) return target;
  const found = candidates(target).sort((a, b) => b.time - a.time)[0];
  if (!found) {
    throw new UsageError(
      `${target}: no recordings here (a service is recorded when it has a directory trace/)`,
    );
  }
  return found.path;
}

function candidates(dir: string): { path: string; time: number }[] {
  const dirs = [dir, recordingsDir(dir), join(dir, "recordings")];
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory() || entry.isSymbolicLink()) dirs.push(recordingsDir(join(dir, entry.name)));
  }
  const out: { path: string; time: number }[] = [];
  for (const d of dirs) {
    const newest = listRecordings(d).at(-1);
    const name = newest ?? (d === dir ? plainRecording(d) : undefined);
    if (name === undefined) continue;
    const path = join(d, name);
    out.push({ path, time: statSync(path).mtimeMs });
  }
  return out;
}

/** The newest file made with `record -o x.duckdb`. */
function plainRecording(dir: string): string | undefined {
  return readdirSync(dir)
    .filter((n) => n.endsWith(".duckdb"))
    .map((n) => ({ n, time: statSync(join(dir, n)).mtimeMs }))
    .sort((a, b) => b.time - a.time)[0]?.n;
}

/** A broken file is no reason not to explain what is known without it. */
async function readable(path: string): Promise<Recording | undefined> {
  try {
    return await readRecording(path);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Loads a recording and the one before it, when that is still there and readable. */
export async function loadPair(
  path: string,
): Promise<{ current: Recording; previous: Recording | undefined }> {
  const current = await readRecording(path);
  const name = current.lifetime.previous;
  if (!name || name.includes("/")) return { current, previous: undefined };
  const before = join(dirname(path), name);
  return { current, previous: existsSync(before) ? await readable(before) : undefined };
}
