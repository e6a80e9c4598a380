/** `svtrace export --format strace|json [-o FILE] RECORDING`: a recording in a format others read. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { UsageError } from "../base/errors.ts";
import { jsonLines, straceLines } from "../export/transcript.ts";
import type { Recording } from "../record/model.ts";
import { print } from "./stdout.ts";

const formats: Readonly<Record<string, (r: Recording) => string[]>> = {
  strace: straceLines,
  json: jsonLines,
};
const USAGE = `usage: svtrace export [--format ${Object.keys(formats).join("|")}] [-o FILE] [RECORDING|SERVICEDIR]`;

export async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const format = formats[values.format ?? "strace"];
  if (!format) throw new UsageError(`export: unknown format ${values.format}\n${USAGE}`, 2);
  if (positionals.length > 1) throw new UsageError(USAGE, 2);
  const { locate } = await import("../record/locate.ts");
  const { readRecording } = await import("../record/reader.ts");
  const lines = format(await readRecording(locate(positionals[0])));
  const text = lines.length > 0 ? `${lines.join("\n")}\n` : "";
  if (values.output) writeFileSync(values.output, text, { mode: 0o600 });
  else await print(text);
  return 0;
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        format: { type: "string", short: "f" },
        output: { type: "string", short: "o" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`export: ${(error as Error).message}\n${USAGE}`, 2);
  }
}
