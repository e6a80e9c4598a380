/** `svtrace run [strace options] [--until=...] -- command`: the line for run scripts under any supervisor. */
import { UsageError } from "../base/errors.ts";
import { traceInBackground } from "./background.ts";
import { helpText } from "./options/help.ts";
import { table } from "./options/index.ts";
import { print } from "./stdout.ts";
import { parseSettings } from "./strace/settings.ts";

export async function main(argv: string[]): Promise<number> {
  const { value: until = "all", rest: withRecord } = take(argv, "--until");
  if (!/^(all|main|main\+\d+(\.\d+)?)$/.test(until)) {
    throw new UsageError(`--until ${until || "?"}: must be all, main or main+SECONDS`);
  }
  const { value: record, rest } = take(withRecord, "--record");
  if (record === "") throw new UsageError("--record: a directory is missing");
  const settings = parseSettings("svtrace run", rest);
  if (settings.help || settings.version) {
    await print(helpText(table("run")));
    return 0;
  }
  if (settings.command.length === 0)
    throw new UsageError("a command is missing; usage: svtrace run [options] -- command");
  if (settings.pids.length > 0)
    throw new UsageError("-p does not go with a command to become; use svtrace strace -p");
  return traceInBackground({ settings, argv: rest, level: 3, until, record });
}

/** Takes an option of ours out of strace's before the command. */
function take(argv: readonly string[], name: string): { value: string | undefined; rest: string[] } {
  const end = argv.indexOf("--");
  const options = end < 0 ? argv : argv.slice(0, end);
  const at = options.findIndex((a) => a === name || a.startsWith(`${name}=`));
  if (at < 0) return { value: undefined, rest: [...argv] };
  const separate = argv[at] === name;
  const value = separate ? (argv[at + 1] ?? "") : argv[at].slice(name.length + 1);
  return { value, rest: [...argv.slice(0, at), ...argv.slice(at + (separate ? 2 : 1))] };
}
