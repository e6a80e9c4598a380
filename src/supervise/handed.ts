/** Descriptors that stay open across the exec by which a supervisor becomes the version that is installed now. */
import { fstatSync, readlinkSync, type Stats } from "node:fs";
import { setCloseOnExec } from "../kernel/fds.ts";
import { startingEnvironment } from "../kernel/own-memory.ts";
import { closeFd } from "../kernel/pipes.ts";
import { identityOf } from "./links.ts";

/** Names them: numbers, separated by commas. */
const VARIABLE = "SVTRACE_HANDED";

let numbers: ReadonlySet<number> | undefined;
/** What nobody has claimed yet, by what it is. */
let unclaimed: Map<string, number[]> | undefined;

/** Numbers of the descriptors we got so: what lies there, then or later, is not for those we start or become. */
export function handedFds(): ReadonlySet<number> {
  const named = () => (process.env[VARIABLE] ?? "").split(",").map(Number);
  numbers ??= new Set(named().filter((fd) => Number.isInteger(fd) && fd > 2));
  return numbers;
}

/** What we were started with, without what is said of these descriptors. */
export function ownEnvironment(): Buffer[] {
  return startingEnvironment().filter((e) => !e.toString("latin1").startsWith(`${VARIABLE}=`));
}

export interface HandedOver {
  /** For who is to get them. */
  readonly environment: readonly Buffer[];
  /** There was no exec: they are ours alone again. */
  takeBack(): void;
}

/** Keeps descriptors open across an exec. */
export function handOver(fds: readonly number[]): HandedOver {
  const open = fds.filter((fd) => setCloseOnExec(fd, false));
  return {
    environment: [...ownEnvironment(), Buffer.from(`${VARIABLE}=${open.join(",")}`)],
    takeBack() {
      for (const fd of open) setCloseOnExec(fd, true);
    },
  };
}

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
