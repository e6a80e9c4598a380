/**
 * What strace has learnt after Debian's release: our tables have names that it shows as numbers. A line with such a name
 * is compared without names of that kind and without numbers in hexadecimal, which is where their bits are then.
 */
import { readFileSync } from "node:fs";
import * as sets from "../../src/abi/flags.ts";
import { debian } from "../helpers.ts";

let pattern: RegExp | undefined;

/** Names in our tables that the program does not have. */
function newerNames(): RegExp {
  if (!pattern) {
    const program = readFileSync(debian("strace") ?? "/usr/bin/strace", "latin1");
    const names = Object.values(sets).flatMap(({ entries }) => entries.map(([, name]) => name));
    const missing = [...new Set(names)].filter((n) => /^[A-Z]\w{3,}$/.test(n) && !program.includes(`${n}\0`));
    pattern = new RegExp(`\\b(?:${missing.join("|")})\\b`, "g");
  }
  return pattern;
}

const blurred = (line: string, names: RegExp): string =>
  line
    .replace(names, "")
    .replace(/0x[0-9a-f]+/g, "")
    .replace(/ \/\* [A-Z]\w*\?\?\? \*\//g, "")
    .replace(/\|+/g, "|")
    .replace(/([=, ([{])\|/g, "$1")
    .replace(/\|(?=[,)}\] ])/g, "")
    .replace(/ +=/g, " =");

/** Whether two lines are the same but for what only one of the two can name. */
export function sameButNewer(strace: string, ours: string): boolean {
  const names = newerNames();
  names.lastIndex = 0;
  return names.test(ours) && blurred(strace, names) === blurred(ours, names);
}
