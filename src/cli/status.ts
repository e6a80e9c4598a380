/** `svtrace status [DIR]`: what the services are doing. */

import { UsageError } from "../base/errors.ts";
import { jsonOf } from "../base/json.ts";
import { isDirectory } from "../supervise/service-files.ts";
import { coloured } from "./colour.ts";
import * as options from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";
import { rowOf, servicesOf } from "./status/rows.ts";
import { table } from "./status/table.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const program = options.table("status");
  const { values, operands } = parseArguments(program, argv);
  const colours = coloured(program, values.get("color"));
  const dirs = operands.length > 0 ? operands : ["."];
  for (const dir of dirs) if (!isDirectory(dir)) throw new UsageError(`${dir}: not a directory`);
  const rows = dirs.flatMap(servicesOf).map(rowOf);
  if (values.has("json")) await print(`${jsonOf(rows)}\n`);
  else if (rows.length === 0) await print(`no services in ${dirs.join(" ")}\n`);
  else await print(table(rows, colours, process.stdout.isTTY ? process.stdout.columns : undefined));
  return 0;
}
