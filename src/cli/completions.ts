/** `svtrace completions SHELL`: the completion script for a shell. */
import { shells } from "./options/completions.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const program = table("completions");
  const [shell] = parseArguments(program, argv).operands;
  if (!Object.hasOwn(shells, shell)) throw wrong(program, `no completions for ${shell}`);
  await print(shells[shell]());
  return 0;
}
