/** `envdir dir child`: runs child with one variable for each file of dir. */
import { closeSync, constants, opendirSync, openSync, readFileSync } from "node:fs";
import { bytesOf, textOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { enterDirectory, enterOpenDirectory } from "../kernel/directory.ts";
import { type Change, djbMain, Fatal, runRest, SYSTEM_EXIT } from "../supervise/chain.ts";

const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;
const DOT = 0x2e;

export function main(argv: string[]): Promise<number> {
  return djbMain("envdir", () => {
    if (argv.length < 2) throw new UsageError("envdir: usage: envdir dir child", SYSTEM_EXIT);
    const [dir] = argv;
    const origin = attempt("unable to switch to current directory", () => openSync(".", "r"));
    attempt(`unable to switch to directory ${dir}`, () => enterDirectory(bytesOf(dir)));
    const changes = readVariables(dir);
    attempt("unable to switch to starting directory", () => enterOpenDirectory(origin));
    return runRest(argv.length - 1, { changes });
  });
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Fatal(what, error);
  }
}

/** File names of the current directory, in its order, and what to set them to; an empty file removes its variable. */
function readVariables(dir: string): Change[] {
  const changes: Change[] = [];
  for (const name of attempt(`unable to read directory ${dir}`, namesHere)) {
    if (name[0] === DOT) continue;
    changes.push([name, attempt(`unable to read ${dir}/${textOf(name)}`, () => value(content(name)))]);
  }
  return changes;
}

function namesHere(): Buffer[] {
  const found: Buffer[] = [];
  const dir = opendirSync(".", { encoding: "buffer" as BufferEncoding });
  for (let entry = dir.readSync(); entry; entry = dir.readSync()) {
    found.push(entry.name as unknown as Buffer);
  }
  dir.closeSync();
  return found;
}

/** A link that leads nowhere counts as empty. */
function content(name: Buffer): Buffer {
  try {
    // as the original opens it: a FIFO without a writer is empty, and nobody waits for one
    const fd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

/** The first line without trailing blanks; NUL stands for a newline in the value. */
function value(content: Buffer): Buffer | undefined {
  if (content.length === 0) return undefined;
  const newline = content.indexOf(NEWLINE);
  let end = newline < 0 ? content.length : newline;
  while (end > 0 && (content[end - 1] === SPACE || content[end - 1] === TAB)) end--;
  return content.subarray(0, end).map((byte) => (byte === 0 ? NEWLINE : byte)) as Buffer;
}
