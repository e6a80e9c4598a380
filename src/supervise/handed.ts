/** What a supervisor hands to itself across the exec by which it becomes the version that is installed now: descriptors, above all. */

import { fstatSync, readlinkSync, type Stats } from "node:fs";
import { bytesOf, textOf } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";
import { setCloseOnExec } from "../kernel/fds.ts";
import { startingEnvironment } from "../kernel/own-memory.ts";
import { closeFd } from "../kernel/pipes.ts";

/** Names them: numbers, separated by commas. */
const VARIABLE = "SVTRACE_HANDED";
/** Services that run under no name: the bytes of names and directories in turn, in hexadecimal, separated by commas. */
const NAMELESS = "SVTRACE_NAMELESS";

/** A service that is not in the scan directory any more. */
export interface Nameless {
  /** As it was called last. */
  readonly name: string;
  /** Where it lies. */
  readonly dir: string;
}

let numbers: ReadonlySet<number> | undefined;
/** What nobody has claimed yet, by what it is. */
let unclaimed: Map<string, number[]> | undefined;

/** Numbers of the descriptors we got so: what lies there, then or later, is not for those we start or become. */
export function handedFds(): ReadonlySet<number> {
  const named = () => (process.env[VARIABLE] ?? "").split(",").map(Number);
  numbers ??= new Set(named().filter((fd) => Number.isInteger(fd) && fd > 2));
  return numbers;
}

/** Services that our predecessor supervised and that nobody finds in the directory. */
export function handedServices(): Nameless[] {
  const texts = (process.env[NAMELESS] ?? "").split(",").map((hex) => textOf(Buffer.from(hex, "hex")));
  const found: Nameless[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) found.push({ name: texts[i], dir: texts[i + 1] });
  return found;
}

/** What we were started with, without what is said of all this. */
export function ownEnvironment(): Buffer[] {
  const ours = [VARIABLE, NAMELESS].map((name) => `${name}=`);
  return startingEnvironment().filter((e) => !ours.some((o) => e.toString("latin1").startsWith(o)));
}

export interface HandedOver {
  /** For who is to get them. */
  readonly environment: readonly Buffer[];
  /** There was no exec: they are ours alone again. */
  takeBack(): void;
}

/** Keeps descriptors open across an exec. */
export function handOver(fds: readonly number[], nameless: readonly Nameless[]): HandedOver {
  const open = fds.filter((fd) => setCloseOnExec(fd, false));
  return {
    environment: [
      ...ownEnvironment(),
      Buffer.from(`${VARIABLE}=${open.join(",")}`),
      Buffer.from(`${NAMELESS}=${nameless.flatMap(({ name, dir }) => [hex(name), hex(dir)]).join(",")}`),
    ],
    takeBack() {
      for (const fd of open) setCloseOnExec(fd, true);
    },
  };
}

const hex = (text: string): string => bytesOf(text).toString("hex");

/** A pipe's own name, which no file has, or a file's device and inode. */
function identity(fd: number): string {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`);
    if (target.startsWith("pipe:")) return target;
    return identityOf(fstatSync(fd));
  } catch {
    return "";
  }
}

function claim(what: string): number[] {
  if (!unclaimed) {
    unclaimed = new Map();
    for (const fd of handedFds()) {
      const key = identity(fd);
      unclaimed.set(key, [...(unclaimed.get(key) ?? []), fd]);
    }
  }
  const fds = unclaimed.get(what) ?? [];
  unclaimed.delete(what);
  return fds;
}

/** What we were handed of the pipe with this inode, in the order it was given in; it is the caller's then. */
export const claimPipe = (inode: number): number[] => claim(`pipe:[${inode}]`);

/** What we were handed of this file. */
export const claimFile = (file: Stats): number[] => claim(identityOf(file));

/** Closes what was handed over and belongs to no service any more. */
export function closeUnclaimed(): void {
  claim("");
  for (const fd of [...unclaimed!.values()].flat()) closeFd(fd);
  unclaimed!.clear();
}
