/** `svtrace export --format strace|json [-o FILE] RECORDING`: a recording in a format others read. */
import { writeFileSync } from "node:fs";
import { jsonLines, straceLines } from "../export/transcript.ts";
import type { Recording } from "../record/model.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

const formats: Readonly<Record<string, (r: Recording) => string[]>> = {
  strace: straceLines,
  json: jsonLines,
};
export async function main(argv: string[]): Promise<number> {
  const program = table("export");
  const { values, operands } = parseArguments(program, argv);
  const name = values.get("format") ?? "strace";
  if (!Object.hasOwn(formats, name)) throw wrong(program, `unknown format ${name}`);
  const format = formats[name];
  const { locate } = await import("../record/locate.ts");
  const { readRecording } = await import("../record/reader.ts");
  const lines = format(await readRecording(locate(operands[0])));
  const text = lines.length > 0 ? `${lines.join("\n")}\n` : "";
  const output = values.get("output");
  if (output) writeFileSync(output, text, { mode: 0o600 });
  else await print(text);
  return 0;
}
