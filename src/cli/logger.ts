/** `svtrace logger DIR/.svtrace`: the shared logger of a scan directory. Started by svscan and `svtrace up`. */

import { UsageError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { tell } from "../base/stderr.ts";
import { Logger } from "../supervise/logger/main.ts";
import { neverWait } from "../supervise/messages.ts";

export async function main(argv: string[]): Promise<number> {
  if (argv.length !== 1 || argv[0].startsWith("-"))
    throw new UsageError("usage: svtrace logger DIR/.svtrace");
  // what it makes is for others to read, as multilog's files are
  process.umask(0o022);
  neverWait("svtrace logger");
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  await new Logger(argv[0], (text) => tell(`svtrace logger: ${printable(text)}\n`)).run();
  process.exit(0);
}
