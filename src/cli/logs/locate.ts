/** Where the log of a service is: the directory with the file `current`, and the files in it in order of age. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../../base/errors.ts";
import { readSmall } from "../../base/small-file.ts";

/** Old files of multilog and svlogd: `@`, a TAI64N label, and `.s` (whole) or `.u` (after a crash). */
const OLD = /^@[0-9a-f]{24}\.[su]$/;

/** Throws UsageError when there is no log, or more than one. */
export function findLog(service: string): string {
  if (!isDirectory(service)) throw new UsageError(`${service}: not a directory`);
  const places = [service, join(service, "main"), join(service, "log"), join(service, "log/main")];
  const plain = places.find(isLog);
  if (plain !== undefined) return plain;
  const named = [join(service, "log"), service].flatMap(namedInScript);
  const found = [...new Set(named.filter(isLog))];
  if (found.length === 1) return found[0];
  if (found.length > 1)
    throw new UsageError(`${service}: has more than one log; say which: ${found.join(" ")}`);
  throw new UsageError(`${service}: no log there (no directory with a file named current)`);
}

/** The files of a log, oldest first; `current` last. */
export function logFiles(dir: string): string[] {
  const names = readdirSync(dir);
  const old = names.filter((n) => OLD.test(n)).sort();
  return [...old, ...["previous", "current"].filter((n) => names.includes(n))];
}

const isLog = (dir: string): boolean =>
  statSync(join(dir, "current"), { throwIfNoEntry: false })?.isFile() ?? false;

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Words of a logger's script that can be a log's directory: those that begin with a dot or slash. */
function namedInScript(dir: string): string[] {
  return ["multilog", "run"].flatMap((script) => {
    try {
      const words = readSmall(join(dir, script)).split(/["'\s]+/);
      return words.filter((w) => /^[./]/.test(w)).map((w) => resolve(dir, w));
    } catch {
      return [];
    }
  });
}
