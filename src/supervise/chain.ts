/** What the chain-loading programs share: djb's getopt, environment changes, and becoming the rest of the command line. */

import { textOf } from "../base/bytes.ts";
import { djbWords } from "../base/djb.ts";
import { type SysError, UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { becomeProgram } from "../kernel/exec-path.ts";
import type { FinalLimit } from "../kernel/final.ts";
import { lastArguments, startingEnvironment } from "../kernel/own-memory.ts";

/** Wrong usage: the line goes to stderr as it is. */
export const USAGE_EXIT = 100;
/** The system refused. */
export const SYSTEM_EXIT = 111;

/** A failure after which a daemontools program ends: `NAME: fatal: TEXT`, 111. */
export class Fatal extends Error {
  constructor(
    what: string,
    cause?: unknown,
    readonly exitCode = SYSTEM_EXIT,
  ) {
    super(cause === undefined ? what : `${what}: ${words(cause)}`);
  }
}

/** djb's words for an error of node:fs or of the kernel folder. */
export function words(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException | SysError;
  return code === undefined ? (error as Error).message : djbWords(code);
}

/** A line on standard error. */
export const say = (line: string): void => tell(`${line}\n`);

/** Runs a program's body; its failures become djb's messages and exit codes. */
export async function djbMain(name: string, body: () => Promise<number> | number): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof UsageError) {
      say(error.message);
      return error.exitCode;
    }
    if (error instanceof Fatal) {
      say(`${name}: fatal: ${error.message}`);
      return error.exitCode;
    }
    throw error;
  }
}

export interface Options {
  /** Options in the order given; `value` only for those that take one. */
  readonly given: readonly { readonly letter: string; readonly value: string }[];
  /** The operands. */
  readonly rest: readonly string[];
}

/** djb's sgetopt: `letters` as for getopt(3). Throws a UsageError with getopt's complaint and `usage`. */
export function getopt(name: string, argv: readonly string[], letters: string, usage: string): Options {
  const given: { letter: string; value: string }[] = [];
  const fail = (text: string) => new UsageError(`${name}: ${text}\n${usage}`, USAGE_EXIT);
  let at = 0;
  for (; at < argv.length && argv[at].length > 1 && argv[at][0] === "-"; at++) {
    if (argv[at] === "--") {
      at++;
      break;
    }
    for (let i = 1; i < argv[at].length; i++) {
      const letter = argv[at][i];
      const known = letter === ":" ? -1 : letters.indexOf(letter);
      if (known < 0) throw fail(`illegal option -- ${letter}`);
      if (letters[known + 1] !== ":") {
        given.push({ letter, value: "" });
        continue;
      }
      const attached = argv[at].slice(i + 1);
      if (attached === "" && at + 1 >= argv.length) throw fail(`option requires an argument -- ${letter}`);
      given.push({ letter, value: attached === "" ? argv[++at] : attached });
      break;
    }
  }
  return { given, rest: argv.slice(at) };
}

/** One change to the environment: a value, or undefined to remove the variable. */
export type Change = readonly [name: Uint8Array | string, value: Uint8Array | string | undefined];

/** The environment with changes, in the order djb's pathexec leaves it: the last entry fills a removed one's place. */
export function changedEnvironment(start: readonly Uint8Array[], changes: readonly Change[]): Uint8Array[] {
  const env = [...start];
  for (const [name, value] of changes) {
    const entry = Buffer.concat(
      [name, ...(value === undefined ? [] : ["=", value])].map((b) => Buffer.from(b as string)),
    );
    // of a name that has "=" in it what comes before is the variable
    const end = entry.indexOf("=");
    const prefix = end < 0 ? Buffer.concat([entry, Buffer.from("=")]) : entry.subarray(0, end + 1);
    const at = env.findIndex((e) => prefix.compare(e, 0, Math.min(e.length, prefix.length)) === 0);
    if (at >= 0) {
      const last = env.pop()!;
      if (at < env.length) env[at] = last;
    }
    if (end >= 0) env.push(entry);
  }
  return env;
}

/**
 * Becomes the program named by the last `count` arguments of this process, byte for byte as they were given.
 * Throws Fatal `unable to run PROGRAM: WORDS`.
 */
export function runRest(
  count: number,
  {
    changes = [],
    ...options
  }: {
    changes?: readonly Change[];
    pass?: number[];
    limits?: readonly FinalLimit[];
    beforeExec?: () => void;
  } = {},
): never {
  const argv = lastArguments(count);
  try {
    return becomeProgram({
      argv,
      env: changedEnvironment(startingEnvironment(), changes),
      path: process.env.PATH,
      ...options,
    });
  } catch (error) {
    if (error instanceof Fatal) throw error;
    throw new Fatal(`unable to run ${textOf(argv[0])}`, error);
  }
}
