/** All programs, in the order in which help lists them. */
import { commands } from "./commands.ts";
import { daemontools } from "./daemontools.ts";
import type { Program } from "./types.ts";

export const programs: readonly Program[] = [...commands, ...daemontools];

export const programNamed = (name: string): Program | undefined => programs.find((p) => p.name === name);

/** Throws a TypeError for a name that is none: a mistake of ours. */
export function table(name: string): Program {
  const found = programNamed(name);
  if (!found) throw new TypeError(`no program ${name}`);
  return found;
}

/** The page on svtrace as a whole. */
export const overview: Program = {
  name: "svtrace",
  summary: "find out why a service, or its restart, is slow",
  section: 1,
  synopsis: ["COMMAND [ARGUMENTS]"],
  options: [
    { short: "h", long: "help", help: "print help" },
    { short: "V", long: "version", help: "print the version" },
  ],
  description: [
    "A system-call tracer that speaks strace, a supervision suite compatible with daemontools, and the two together: a service's whole lifetime is recorded, and svtrace why says where the time went.",
  ],
  exits: [
    ["0", "done"],
    ["1", "it failed; one line on standard error says why"],
    ["2", "wrong usage"],
  ],
  examples: [
    ["svtrace up /service", "supervise the services there"],
    ["svtrace restart /service/web && svtrace why /service/web", "where does the time of a restart go?"],
    ["exec svtrace run -f -ttT -- ./server", "in a run script, under any supervisor"],
  ],
  seeAlso: programs.map((p) => `${pageName(p)}(${p.section})`),
};

/** Name of a program's manual page: the daemontools programs keep theirs. */
export function pageName(p: Program): string {
  return p.name === "svtrace" || daemontools.includes(p) ? p.name : `svtrace-${p.name}`;
}
