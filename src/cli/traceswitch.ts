/** `svtrace trace on|off SERVICEDIR`: whether the service's next start is recorded. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../base/errors.ts";
import { isDirectory } from "../supervise/service-files.ts";
import * as options from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";

export async function main(argv: string[]): Promise<number> {
  const program = options.table("trace");
  const [word, dir] = parseArguments(program, argv).operands;
  if (word !== "on" && word !== "off") throw wrong(program, `${word}: must be on or off`);
  if (!isDirectory(dir)) throw new UsageError(`${dir}: not a directory`);
  const trace = join(dir, "trace");
  mkdirSync(trace, { recursive: true, mode: 0o700 });
  if (word === "on") rmSync(join(trace, "down"), { force: true });
  else writeFileSync(join(trace, "down"), "", { mode: 0o600 });
  process.stdout.write(`${dir}: recording is ${word} from its next start on\n`);
  return 0;
}
