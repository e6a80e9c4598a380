/** `svtrace export --format F [-o FILE] RECORDING`: a recording in a format others read. */
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { type FormatOptions, formats, type Pieces } from "../export/formats.ts";
import { alone, isReplaceable, isSame, isUtf8, replace } from "./export-file.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

/** Text is handed on in pieces of about this many characters. */
const PIECE = 1 << 16;
const STDOUT = 1;

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
  const given = values.get("output");
  const { locate } = await import("../record/locate.ts");
  const path = locate(operands[0]);
  if (format.toFile && !given) throw wrong(program, `${name} needs -o FILE`);
  if (given !== undefined && isSame(given, path))
    throw wrong(program, `-o ${given}: this is the recording itself`);
  // what others write to it as well stays where it is
  const output = given !== undefined && isSame(given, STDOUT) ? undefined : given;
  if (format.toFile) {
    const make = (file: string) => format.toFile!(path, file, options);
    // the database takes names in UTF-8 only
    if (output !== undefined && isReplaceable(output) && isUtf8(output)) await replace(output, make);
    else
      await alone(join(tmpdir(), "svtrace-export-"), name, async (file) => {
        await make(file);
        await writeTo(output, contents(file));
      });
    return 0;
  }
  const { withSource } = await import("../record/reader.ts");
  await withSource(path, async (source) => {
    const pieces = await format.pieces!(source, options);
    if (format.name === "pprof" && output === undefined && process.stdout.isTTY)
      throw new UsageError("export: pprof is binary: give -o FILE or a pipe");
    await writeTo(output, pieces);
  });
  return 0;
}

async function writeTo(output: string | undefined, pieces: Pieces): Promise<void> {
  if (output !== undefined && isReplaceable(output)) await replace(output, (file) => write(pieces, file));
  else await write(pieces, output);
}

/** What is in a file, which is opened when it is wanted. */
async function* contents(file: string): AsyncIterable<Uint8Array> {
  yield* createReadStream(file);
}

/** Writes to `file`, or to standard output as long as somebody reads it. */
async function write(pieces: Pieces, file: string | undefined): Promise<void> {
  const fd = file === undefined ? undefined : openSync(bytesOf(file), "w", 0o600);
  const put = async (data: string | Uint8Array): Promise<boolean> => {
    if (fd === undefined) return print(data);
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return true;
  };
  let text = "";
  for await (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else if (!(await put(piece))) return;
    if (text.length < PIECE) continue;
    if (!(await put(text))) return;
    text = "";
  }
  if (text !== "") await put(text);
  if (fd !== undefined) closeSync(fd);
}
