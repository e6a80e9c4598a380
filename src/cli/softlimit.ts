/** `softlimit [options] child`: runs child with lower soft limits. */
import { UsageError } from "../base/errors.ts";
import type { FinalLimit } from "../kernel/final.ts";
import { getLimit, type Limit, type Resource, resources } from "../kernel/limits.ts";
import { djbMain, Fatal, getopt, runRest, USAGE_EXIT } from "../supervise/chain.ts";

const USAGE =
  "softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child";

const byLetter: Readonly<Record<string, readonly Resource[]>> = {
  a: ["AS"],
  c: ["CORE"],
  d: ["DATA"],
  f: ["FSIZE"],
  l: ["MEMLOCK"],
  m: ["DATA", "STACK", "MEMLOCK", "AS"],
  o: ["NOFILE"],
  p: ["NPROC"],
  r: ["RSS"],
  s: ["STACK"],
  t: ["CPU"],
};

export function main(argv: string[]): Promise<number> {
  return djbMain("softlimit", () => {
    const letters = Object.keys(byLetter)
      .map((l) => `${l}:`)
      .join("");
    const { given, rest } = getopt("softlimit", argv, letters, USAGE);
    const wanted: [Resource, string][] = given.flatMap(({ letter, value }) =>
      byLetter[letter].map((resource): [Resource, string] => [resource, value]),
    );
    if (rest.length === 0 || wanted.some(([, v]) => v !== "=" && !/^\d*$/.test(v))) {
      throw new UsageError(USAGE, USAGE_EXIT);
    }
    return runRest(rest.length, { limits: wanted.map(limitOf) });
  });
}

/** `=` stands for the hard limit, which also caps the numbers. */
function limitOf([resource, value]: readonly [Resource, string]): FinalLimit {
  const { hard } = limitNow(resource);
  const number = value === "=" ? hard : BigInt.asUintN(64, BigInt(value));
  return { resource: resources[resource], soft: number < hard ? number : hard, hard };
}

function limitNow(resource: Resource): Limit {
  try {
    return getLimit(resource);
  } catch (error) {
    throw new Fatal("getrlimit failed", error);
  }
}
