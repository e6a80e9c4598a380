/** `svtrace run [strace options] [--until=...] -- command`: the line for run scripts under any supervisor. */
import { UsageError } from "../base/errors.ts";
import { traceInBackground } from "./background.ts";
import { helpText } from "./options/help.ts";
import { table } from "./options/index.ts";
import { parseRun } from "./run-options.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const { strace: settings } = parseRun(argv);
  if (settings.help || settings.version) {
    await print(helpText(table("run")));
    return 0;
  }
  if (settings.command.length === 0)
    throw new UsageError("a command is missing; usage: svtrace run [options] -- command");
  if (settings.pids.length > 0)
    throw new UsageError("-p does not go with a command to become; use svtrace strace -p");
  return traceInBackground({ settings, argv, level: 3, needed: false });
}
