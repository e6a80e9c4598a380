/** `setlock [-nNxX] file program`: runs program while it holds the lock. */
import { constants, openSync } from "node:fs";
import { bytesOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { lockDescriptor } from "../kernel/files.ts";
import { djbMain, Fatal, getopt, runRest, USAGE_EXIT } from "../supervise/chain.ts";

const { O_WRONLY, O_NONBLOCK, O_APPEND, O_CREAT } = constants;
const USAGE = "setlock: usage: setlock [ -nNxX ] file program [ arg ... ]";

export function main(argv: string[]): Promise<number> {
  return djbMain("setlock", () => {
    const { given, rest } = getopt("setlock", argv, "nNxX", USAGE);
    let wait = true;
    let silent = false;
    for (const { letter } of given) {
      if (letter === "n" || letter === "N") wait = letter === "N";
      else silent = letter === "x";
    }
    const [file] = rest;
    if (rest.length < 2) throw new UsageError(USAGE, USAGE_EXIT);
    let fd: number;
    try {
      fd = openSync(bytesOf(file), O_WRONLY | O_NONBLOCK | O_APPEND | O_CREAT, 0o600);
    } catch (error) {
      if (silent) return 0;
      throw new Fatal(`unable to open ${file}`, error);
    }
    try {
      lockDescriptor(fd, wait);
    } catch (error) {
      if (silent) return 0;
      throw new Fatal(`unable to lock ${file}`, error);
    }
    return runRest(rest.length - 1, { pass: [fd] });
  });
}
