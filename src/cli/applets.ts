/** `svtrace applets DIR`: links to svtrace by the names of its programs. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ownProgram } from "../kernel/inherited.ts";
import { programs, table } from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";

export async function main(argv: string[]): Promise<number> {
  const [dir] = parseArguments(table("applets"), argv).operands;
  mkdirSync(dir, { recursive: true });
  for (const { name, applet } of programs) if (applet) link(join(dir, name));
  return 0;
}

function link(path: string): void {
  try {
    symlinkSync(ownProgram(), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
