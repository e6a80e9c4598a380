/** `envdir dir child`: runs child with one variable for each file of dir. */
import { readdirSync, readFileSync } from "node:fs";
import { UsageError } from "../base/errors.ts";
import { type Change, djbMain, Fatal, runRest, SYSTEM_EXIT } from "../supervise/chain.ts";

const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;

export function main(argv: string[]): Promise<number> {
  return djbMain("envdir", () => {
    if (argv.length < 2) throw new UsageError("envdir: usage: envdir dir child", SYSTEM_EXIT);
    return runRest(argv.length - 1, { changes: readVariables(argv[0]) });
  });
}

/** File names and what to set them to; an empty file removes its variable. Throws Fatal. */
function readVariables(dir: string): Change[] {
  let names: Buffer[];
  try {
    names = readdirSync(dir, { encoding: "buffer" });
  } catch (error) {
    throw new Fatal(`unable to switch to directory ${dir}`, error);
  }
  const changes: Change[] = [];
  for (const name of names) {
    if (name[0] === 0x2e) continue;
    try {
      changes.push([name, value(readFileSync(Buffer.concat([Buffer.from(`${dir}/`), name])))]);
    } catch (error) {
      throw new Fatal(`unable to read ${dir}/${name}`, error);
    }
  }
  return changes;
}

/** The first line without trailing blanks; NUL stands for a newline in the value. */
function value(content: Buffer): Buffer | undefined {
  if (content.length === 0) return undefined;
  const newline = content.indexOf(NEWLINE);
  let end = newline < 0 ? content.length : newline;
  while (end > 0 && (content[end - 1] === SPACE || content[end - 1] === TAB)) end--;
  return content.subarray(0, end).map((byte) => (byte === 0 ? NEWLINE : byte)) as Buffer;
}
