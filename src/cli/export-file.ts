/** The file that an export is written to: in its place is the whole of it, or what was there before. */
import { accessSync, constants, fstatSync, readlinkSync, realpathSync, renameSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { bytesOf, textOf, wellFormed } from "../base/bytes.ts";
import { djbWords } from "../base/djb.ts";
import { UsageError } from "../base/errors.ts";
import { inTempDir } from "../kernel/temp-dir.ts";

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

const statOf = (file: string) => statSync(bytesOf(file), { throwIfNoEntry: false });

/** Whether `file` is what `other` (a path or descriptor) is, by whatever names. */
export function isSame(file: string, other: string | number): boolean {
  const a = statOf(file);
  const b = typeof other === "number" ? fstatSync(other) : statOf(other);
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}

/**
 * Whether `file` can be replaced by another: devices and pipes are written to as they are, and so is a file where no other can
 * be made.
 */
export function isReplaceable(file: string): boolean {
  const found = statOf(file);
  return found === undefined || (found.isFile() && isWritable(dirname(followed(file))));
}

function isWritable(dir: string): boolean {
  try {
    accessSync(bytesOf(dir), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether libraries that take text for a path can be given this one. */
export const isUtf8 = (path: string): boolean => wellFormed(path) === path;

/** What a path leads to, be it there or not: a link stays, and what it names is made. */
export function followed(file: string): string {
  let path = file;
  for (let i = 0; i < MOST_LINKS; i++) {
    const link = linkOf(path);
    if (link === undefined) return path;
    path = isAbsolute(link) ? link : `${realpath(dirname(path))}/${link}`;
  }
  return file;
}

const realpath = (path: string): string => textOf(realpathSync(bytesOf(path), "buffer"));

function linkOf(path: string): string | undefined {
  try {
    return textOf(readlinkSync(bytesOf(path), "buffer"));
  } catch {
    return undefined;
  }
}

/**
 * Has `write` make a file, and puts it in the place of `file`. It is made beside it, alone in a directory that only its
 * owner may enter. Throws UsageError when there can be none.
 */
export async function replace(file: string, write: (made: string) => Promise<void>): Promise<void> {
  const target = followed(file);
  let begun = false;
  const make = async (made: string) => {
    begun = true;
    await write(made);
    renameSync(bytesOf(made), bytesOf(target));
  };
  try {
    await alone(join(dirname(target), ".svtrace-export-"), basename(target), make);
  } catch (error) {
    if (begun) throw error;
    throw new UsageError(`${file}: unable to create: ${djbWords((error as NodeJS.ErrnoException).code)}`);
  }
}

/** Runs `use` with the path of a file to be, in a directory of its own that begins with `prefix`; then both are gone. */
export const alone = (prefix: string, name: string, use: (path: string) => Promise<void>): Promise<void> =>
  inTempDir(prefix, (dir) => use(join(dir, name)));
