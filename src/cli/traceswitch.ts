/** `svtrace trace on|off SERVICEDIR`: whether the service's next start is recorded. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { ask } from "../supervise/api.ts";
import { isDirectory } from "../supervise/service-files.ts";
import * as options from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";

/** The supervisor has this long (ms) to hear of it; it finds out by itself, later. */
const PATIENCE = 2000;

export async function main(argv: string[]): Promise<number> {
  const program = options.table("trace");
  const [word, dir] = parseArguments(program, argv).operands;
  if (word !== "on" && word !== "off") throw wrong(program, `${word}: must be on or off`);
  if (!isDirectory(dir)) throw new UsageError(`${dir}: not a directory`);
  const trace = join(dir, "trace");
  mkdirSync(trace, { recursive: true, mode: 0o700 });
  if (word === "on") rmSync(join(trace, "down"), { force: true });
  else writeFileSync(join(trace, "down"), "", { mode: 0o600 });
  await tellSupervisor(resolve(dir));
  process.stdout.write(`${dir}: recording is ${word} from its next start on\n`);
  return 0;
}

/** So that its recorder is there before the next start, which need not wait for it then. */
async function tellSupervisor(dir: string): Promise<void> {
  try {
    await ask(dirname(dir), { op: "traced" }, PATIENCE);
  } catch {
    // none runs there
  }
}
