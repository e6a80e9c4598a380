/** getopt_long(3) with a leading `+`: options end at the first operand, short ones may be bundled with their values. */

export interface OptionSpec {
  /** One letter, or "" for long-only options. */
  readonly short: string;
  readonly long?: string;
  readonly argument: "none" | "required" | "optional";
}

export interface Parsed {
  /** Each option with the table row it came from, in order. */
  readonly options: readonly { readonly spec: OptionSpec; readonly value: string | undefined }[];
  readonly operands: readonly string[];
}

/** The message getopt would print; the caller adds its name. */
export class OptionError extends Error {}

export function getopt(table: readonly OptionSpec[], argv: readonly string[]): Parsed {
  const options: { spec: OptionSpec; value: string | undefined }[] = [];
  let i = 0;
  for (; i < argv.length; i++) {
    const arg = argv[i];
    if (arg === "--") {
      i++;
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) break;
    if (arg.startsWith("--")) i = longOption(table, argv, i, options);
    else i = shortOptions(table, argv, i, options);
  }
  return { options, operands: argv.slice(i) };
}

type Options = { spec: OptionSpec; value: string | undefined }[];

function longOption(
  table: readonly OptionSpec[],
  argv: readonly string[],
  at: number,
  options: Options,
): number {
  const [, name, , attached] = /^--([^=]*)(=(.*))?$/s.exec(argv[at])!;
  const exact = table.find((o) => o.long === name);
  const candidates = exact ? [exact] : table.filter((o) => o.long?.startsWith(name));
  if (candidates.length === 0) throw new OptionError(`unrecognized option '--${name}'`);
  if (candidates.length > 1) {
    const list = candidates.map((o) => `'--${o.long}'`).join(" ");
    throw new OptionError(`option '--${name}' is ambiguous; possibilities: ${list}`);
  }
  const [spec] = candidates;
  if (spec.argument === "none" && attached !== undefined)
    throw new OptionError(`option '--${spec.long}' doesn't allow an argument`);
  if (spec.argument !== "required" || attached !== undefined) {
    options.push({ spec, value: attached });
    return at;
  }
  if (at + 1 >= argv.length) throw new OptionError(`option '--${spec.long}' requires an argument`);
  options.push({ spec, value: argv[at + 1] });
  return at + 1;
}

function shortOptions(
  table: readonly OptionSpec[],
  argv: readonly string[],
  at: number,
  options: Options,
): number {
  const letters = argv[at];
  for (let k = 1; k < letters.length; k++) {
    const spec = table.find((o) => o.short === letters[k]);
    if (!spec) throw new OptionError(`invalid option -- '${letters[k]}'`);
    if (spec.argument === "none") {
      options.push({ spec, value: undefined });
      continue;
    }
    const rest = letters.slice(k + 1);
    if (rest !== "" || spec.argument === "optional") {
      options.push({ spec, value: rest === "" ? undefined : rest });
      return at;
    }
    if (at + 1 >= argv.length) throw new OptionError(`option requires an argument -- '${letters[k]}'`);
    options.push({ spec, value: argv[at + 1] });
    return at + 1;
  }
  return at;
}
