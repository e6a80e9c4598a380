/** What `svtrace run` takes beside strace's options. */
import { UsageError } from "../base/errors.ts";
import type { StraceOption } from "./strace/options.ts";
import { parseSettings, type StraceSettings } from "./strace/settings.ts";

export const RUN = "svtrace run";

export interface RunSettings {
  readonly strace: StraceSettings;
  /** all, main or main+SECONDS. */
  readonly until: string;
  /** Directory for a recording, instead of text. */
  readonly record: string | undefined;
}

const option = (long: string, value: string, help: string): StraceOption => ({
  id: long,
  short: "",
  long,
  argument: "required",
  group: "Tracing",
  value,
  help,
  // strace's own can be abbreviated as strace's
  extra: true,
});

export const runOptions: readonly StraceOption[] = [
  option(
    "until",
    "WHEN",
    "let go when the last followed process is dead (all, default), when the command itself is (main), or SECONDS later (main+SECONDS)",
  ),
  option("record", "DIR", "print nothing; record the lifetime into a file in DIR, for svtrace why DIR"),
];

export function parseRun(argv: readonly string[]): RunSettings {
  const values: Record<string, string | undefined> = {};
  const strace = parseSettings(RUN, argv, {
    table: runOptions,
    apply: (_s, id, value) => {
      values[id] = value;
    },
  });
  const { until = "all", record } = values;
  if (!/^(all|main|main\+\d+(\.\d+)?)$/.test(until))
    throw new UsageError(`--until ${until || "?"}: must be all, main or main+SECONDS`);
  if (record === "") throw new UsageError("--record: a directory is missing");
  return { strace, until, record };
}
