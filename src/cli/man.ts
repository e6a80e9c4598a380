/** `svtrace man [NAME]`: a program's manual page. */
import { spawnSync } from "node:child_process";
import { overview, programNamed, table } from "./options/index.ts";
import { manPage } from "./options/man.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";
import { version } from "./version.ts";

export async function main(argv: string[]): Promise<number> {
  const [name] = parseArguments(table("man"), argv).operands;
  const program = name === undefined || name === "svtrace" ? overview : programNamed(name);
  if (!program) throw wrong(table("man"), `no manual page on ${name}`);
  const page = manPage(program, version);
  if (process.stdout.isTTY) {
    const man = spawnSync("man", ["-l", "-"], { input: page, stdio: ["pipe", "inherit", "inherit"] });
    if (!man.error) return man.status === 0 ? 0 : 1;
  }
  await print(page);
  return 0;
}
