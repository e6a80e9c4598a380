/** `svtrace export --format F [-o FILE] RECORDING`: a recording in a format others read. */
import { closeSync, openSync, writeSync } from "node:fs";
import { UsageError } from "../base/errors.ts";
import { type Format, type FormatOptions, formats, type Pieces } from "../export/formats.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

/** Text is handed on in pieces of about this many characters. */
const PIECE = 1 << 16;

export async function main(argv: string[]): Promise<number> {
  const program = table("export");
  const { values, operands } = parseArguments(program, argv);
  const name = values.get("format") ?? "strace";
  const format = formats.find((f) => f.name === name);
  if (!format) throw wrong(program, `unknown format ${name}`);
  const by = values.get("by");
  if (by !== undefined && by !== "cpu" && by !== "calls")
    throw wrong(program, `--by ${by}: must be cpu or calls`);
  const options: FormatOptions = { by, table: values.get("table") ?? "calls" };
  const output = values.get("output");
  const { locate } = await import("../record/locate.ts");
  const path = locate(operands[0]);
  if (format.toFile) {
    if (!output) throw wrong(program, `${name} needs -o FILE`);
    // with our mode, before anything is in it
    closeSync(openSync(output, "w", 0o600));
    await format.toFile(path, output, options);
    return 0;
  }
  const { withSource } = await import("../record/reader.ts");
  await withSource(path, async (source) => write(await format.pieces!(source, options), output, format));
  return 0;
}

async function write(pieces: Pieces, file: string | undefined, format: Format): Promise<void> {
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
  for await (const piece of pieces) {
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
