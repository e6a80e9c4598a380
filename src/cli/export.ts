/** `svtrace export --format F [-o FILE] RECORDING`: a recording in a format others read. */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { UsageError } from "../base/errors.ts";
import { type Format, type FormatOptions, formats } from "../export/formats.ts";
import { print } from "./stdout.ts";

const USAGE = `usage: svtrace export [--format F] [-o FILE] [RECORDING|SERVICEDIR]
Formats (strace if not given):
${formats.map((f) => `  ${f.name.padEnd(11)}${f.help}`).join("\n")}
Options: --by cpu|calls (folded), --table NAME (parquet; default calls)`;
/** Text is handed on in pieces of about this many characters. */
const PIECE = 1 << 16;

export async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const name = values.format ?? "strace";
  const format = formats.find((f) => f.name === name);
  if (!format) throw new UsageError(`export: unknown format ${name}\n${USAGE}`, 2);
  if (positionals.length > 1) throw new UsageError(USAGE, 2);
  if (values.by !== undefined && values.by !== "cpu" && values.by !== "calls")
    throw new UsageError(`export: --by ${values.by}: must be cpu or calls`, 2);
  const options: FormatOptions = { by: values.by, table: values.table ?? "calls" };
  const { locate } = await import("../record/locate.ts");
  const path = locate(positionals[0]);
  if (format.toFile) {
    if (!values.output) throw new UsageError(`export: ${name} needs -o FILE`, 2);
    // with our mode, before anything is in it
    closeSync(openSync(values.output, "w", 0o600));
    await format.toFile(path, values.output, options);
    return 0;
  }
  const { readRecording } = await import("../record/reader.ts");
  await write(await format.pieces!(await readRecording(path), options), values.output, format);
  return 0;
}

async function write(
  pieces: Iterable<string | Uint8Array>,
  file: string | undefined,
  format: Format,
): Promise<void> {
  if (format.name === "pprof" && file === undefined && process.stdout.isTTY)
    throw new UsageError("export: pprof is binary: give -o FILE or a pipe");
  const fd = file === undefined ? undefined : openSync(file, "w", 0o600);
  const put = async (data: string | Uint8Array): Promise<void> => {
    if (fd === undefined) await print(data);
    else {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    }
  };
  let text = "";
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      await put(piece);
      continue;
    }
    text += piece;
    if (text.length < PIECE) continue;
    await put(text);
    text = "";
  }
  if (text !== "") await put(text);
  if (fd !== undefined) closeSync(fd);
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        format: { type: "string", short: "f" },
        output: { type: "string", short: "o" },
        by: { type: "string" },
        table: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`export: ${(error as Error).message}\n${USAGE}`, 2);
  }
}
