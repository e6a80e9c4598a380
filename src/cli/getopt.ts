/** getopt_long(3) with a leading `+`: options end at the first operand, short ones may be bundled with their values. */

export interface OptionSpec {
  /** One letter, or "" for long-only options. */
  readonly short: string;
  readonly long?: string;
  /** An optional one goes with the long form only. */
  readonly argument: "none" | "required" | "optional";
  /** Its long form does not make abbreviations of others ambiguous. */
  readonly extra?: boolean;
  /** Options of the same meaning have this in common, and abbreviations of them are not ambiguous. */
  readonly id?: string;
}

export interface GivenOption {
  readonly spec: OptionSpec;
  readonly value: string | undefined;
  /** As it was written, without its value: `-s`, `--string-limit`. */
  readonly name: string;
}

export interface Parsed {
  /** Each option with the table row it came from, in order. */
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];
}

/** The message getopt would print; the caller adds its name. */
export class OptionError extends Error {}

export function getopt(table: readonly OptionSpec[], argv: readonly string[]): Parsed {
  const options: GivenOption[] = [];
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

function abbreviated(table: readonly OptionSpec[], name: string): OptionSpec[] {
  const all = table.filter((o) => o.long?.startsWith(name));
  const first = all.filter((o) => !o.extra);
  return first.length > 0 ? first : all;
}

function longOption(
  table: readonly OptionSpec[],
  argv: readonly string[],
  at: number,
  options: GivenOption[],
): number {
  const [, name, , attached] = /^--([^=]*)(=(.*))?$/s.exec(argv[at])!;
  const exact = table.find((o) => o.long === name);
  const candidates = exact ? [exact] : abbreviated(table, name);
  if (candidates.length === 0) throw new OptionError(`unrecognized option '${argv[at]}'`);
  const [spec, ...others] = candidates;
  const different = others.filter((o) => o.id === undefined || o.id !== spec.id);
  if (different.length > 0) {
    const list = [spec, ...different].map((o) => `'--${o.long}'`).join(" ");
    throw new OptionError(`option '${argv[at]}' is ambiguous; possibilities: ${list}`);
  }
  if (spec.argument === "none" && attached !== undefined)
    throw new OptionError(`option '--${spec.long}' doesn't allow an argument`);
  if (spec.argument !== "required" || attached !== undefined) {
    options.push({ spec, value: attached, name: `--${spec.long}` });
    return at;
  }
  if (at + 1 >= argv.length) throw new OptionError(`option '--${spec.long}' requires an argument`);
  options.push({ spec, value: argv[at + 1], name: `--${spec.long}` });
  return at + 1;
}

function shortOptions(
  table: readonly OptionSpec[],
  argv: readonly string[],
  at: number,
  options: GivenOption[],
): number {
  const letters = argv[at];
  for (let k = 1; k < letters.length; k++) {
    const spec = table.find((o) => o.short === letters[k]);
    if (!spec) throw new OptionError(`invalid option -- '${letters[k]}'`);
    const name = `-${spec.short}`;
    if (spec.argument !== "required") {
      options.push({ spec, value: undefined, name });
      continue;
    }
    const rest = letters.slice(k + 1);
    if (rest !== "") {
      options.push({ spec, value: rest, name });
      return at;
    }
    if (at + 1 >= argv.length) throw new OptionError(`option requires an argument -- '${letters[k]}'`);
    options.push({ spec, value: argv[at + 1], name });
    return at + 1;
  }
  return at;
}
