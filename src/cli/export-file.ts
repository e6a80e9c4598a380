/** The file that an export is written to: in its place is the whole of it, or what was there before. */
import {
  existsSync,
  fstatSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import { inherited } from "../kernel/inherited.ts";

const ENDING = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

const statOf = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false });

/** Whether `file` is what `other` (a path or descriptor) is, by whatever names. */
export function isSame(file: string, other: string | number): boolean {
  const a = statOf(file);
  const b = typeof other === "number" ? fstatSync(other) : statOf(other);
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}

/** Whether `file` can be replaced by another: devices and pipes are written to as they are. */
export const isReplaceable = (file: string): boolean => statOf(file)?.isFile() ?? true;

/**
 * Has `write` make a file, and puts it in the place of `file`. It is made beside it, alone in a directory that only its
 * owner may enter.
 */
export async function replace(file: string, write: (made: string) => Promise<void>): Promise<void> {
  const target = existsSync(file) ? realpathSync(file) : file;
  await alone(join(dirname(target), ".svtrace-export-"), basename(target), async (made) => {
    await write(made);
    renameSync(made, target);
  });
}

/** Runs `use` with the path of a file to be, in a directory of its own that begins with `prefix`; then both are gone. */
export async function alone(
  prefix: string,
  name: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(prefix);
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals) => {
    remove();
    process.off(signal, end).kill(process.pid, signal);
  };
  const signals = ENDING.filter((s) => !inherited?.ignored.has(constants.signals[s]));
  for (const s of signals) process.on(s, end);
  try {
    await use(join(dir, name));
  } finally {
    for (const s of signals) process.off(s, end);
    remove();
  }
}
