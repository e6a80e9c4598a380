/** `svtrace run [strace options] [--until=...] -- command`: the line for run scripts under any supervisor. */
import { UsageError } from "../base/errors.ts";
import { traceInBackground } from "./background.ts";
import { helpText } from "./options/help.ts";
import { table } from "./options/index.ts";
import { print } from "./stdout.ts";
import { parseSettings } from "./strace/settings.ts";

export async function main(argv: string[]): Promise<number> {
  const { until, rest } = takeUntil(argv);
  const settings = parseSettings("svtrace run", rest);
  if (settings.help || settings.version) {
    await print(helpText(table("run")));
    return 0;
  }
  if (settings.command.length === 0)
    throw new UsageError("a command is missing; usage: svtrace run [options] -- command");
  if (settings.pids.length > 0)
    throw new UsageError("-p does not go with a command to become; use svtrace strace -p");
  return traceInBackground({ settings, argv: rest, level: 3, until });
}

/** Takes --until out of the options before the command. */
function takeUntil(argv: readonly string[]): { until: string; rest: string[] } {
  const end = argv.indexOf("--");
  const options = end < 0 ? argv : argv.slice(0, end);
  const at = options.findIndex((a) => a === "--until" || a.startsWith("--until="));
  if (at < 0) return { until: "all", rest: [...argv] };
  const separate = argv[at] === "--until";
  const until = separate ? (argv[at + 1] ?? "") : argv[at].slice("--until=".length);
  if (!/^(all|main|main\+\d+(\.\d+)?)$/.test(until)) {
    throw new UsageError(`--until ${until || "?"}: must be all, main or main+SECONDS`);
  }
  return { until, rest: [...argv.slice(0, at), ...argv.slice(at + (separate ? 2 : 1))] };
}
