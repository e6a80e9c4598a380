/** Command lines of svtrace's own commands, by their tables. The daemontools programs keep djb's getopt. */
import { HelpRequest, UsageError } from "../../base/errors.ts";
import { getopt, OptionError, type OptionSpec } from "../getopt.ts";
import type { Option, Program } from "./types.ts";

/** Wrong usage of svtrace's own commands. */
export const USAGE_EXIT = 2;

export interface Arguments {
  /** By long name, or letter if there is none: the last value given, or all (Option.again); "" for an option without one. */
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

const keyOf = (o: Option): string => o.long ?? o.short!;

/**
 * Options may stand among the operands, unless the operands are a command. Throws UsageError with one line that says
 * what is wrong and where to look, HelpRequest when help is asked for.
 */
export function parseArguments(program: Program, argv: readonly string[]): Arguments {
  const table = (program.options ?? []).map((o) => ({ ...specOf(o), option: o }));
  const values = new Map<string, string>();
  const operands: string[] = [];
  let rest = argv;
  try {
    for (;;) {
      const parsed = getopt(table, rest);
      for (const { spec, value } of parsed.options) {
        const { option } = spec as (typeof table)[number];
        const before = option.again && values.get(keyOf(option));
        if (before !== undefined && option.again === "refused")
          throw wrong(program, `-${option.short} can be given once only`);
        values.set(keyOf(option), before === undefined ? (value ?? "") : `${before},${value}`);
      }
      const ended = rest[rest.length - parsed.operands.length - 1] === "--";
      if (program.runsCommand || ended || parsed.operands.length === 0) {
        operands.push(...parsed.operands);
        break;
      }
      operands.push(parsed.operands[0]);
      rest = parsed.operands.slice(1);
    }
  } catch (error) {
    if (error instanceof OptionError) throw wrong(program, error.message);
    throw error;
  }
  if (values.has("help")) throw new HelpRequest(program.name);
  checkCount(program, operands);
  return { values, operands };
}

function specOf(o: Option): OptionSpec {
  return {
    short: o.short ?? "",
    long: o.long,
    argument: o.value === undefined ? "none" : o.optional ? "optional" : "required",
  };
}

function checkCount(program: Program, operands: readonly string[]): void {
  const table = program.operands ?? [];
  const missing = table[operands.length];
  if (missing && !missing.optional) throw wrong(program, `${missing.name} is missing`);
  if (operands.length > table.length && !table.at(-1)?.repeated) {
    throw wrong(program, `one argument too many: ${operands[table.length]}`);
  }
}

/** `what`, and where to look. */
export function wrong(program: Program, what: string): UsageError {
  return new UsageError(`${what}; svtrace ${program.name} --help says more`, USAGE_EXIT);
}
