/** Files in a service directory that switch on what daemontools does not have. docs/SUPERVISION.md has the table. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Settings {
  /** ms from TERM to KILL; undefined: never. */
  readonly stopTimeout: number | undefined;
  /** ms `finish` may take; undefined: as long as it likes. */
  readonly finishTimeout: number | undefined;
  /** Descriptor on which readiness is told. */
  readonly notificationFd: number | undefined;
  readonly notifySocket: boolean;
  readonly needs: readonly string[];
  /** Least ms between two starts, at first and at most. */
  readonly backoff: { readonly first: number; readonly max: number };
  /** So many deaths in so many ms and it is given up. */
  readonly tally: { readonly count: number; readonly within: number } | undefined;
  /** `x` is runit's. */
  readonly runit: boolean;
}

/** daemontools: at most one start a second (ms). */
const START_INTERVAL = 1000;
const LAST_STANDARD_FD = 2;
const HIGHEST_FD = 1023;

/** Where the settings of a scan directory's services lie that have none of their own. */
export const DEFAULTS = ".svtrace/defaults";

/** `dir` is the service's; `complain` is told what is no setting. */
export function readSettings(
  dir: string,
  defaults: string | undefined,
  complain: (text: string) => void,
): Settings {
  const text = (name: string): string | undefined => {
    for (const d of [dir, defaults]) {
      if (d === undefined) continue;
      try {
        return readFileSync(join(d, name), "utf8").trim();
      } catch {
        // it is not there
      }
    }
    return undefined;
  };
  /** `count` numbers that are not negative, or undefined. */
  const numbers = (name: string, count: number): number[] | undefined => {
    const found = text(name);
    if (found === undefined) return undefined;
    const list = found.split(/\s+/).map(Number);
    if (list.length === count && list.every((n) => n >= 0 && Number.isFinite(n))) return list;
    complain(`${name} ignored: not ${count === 1 ? "a number" : `${count} numbers`}`);
    return undefined;
  };
  const seconds = (name: string) => {
    const value = numbers(name, 1)?.[0];
    return value === undefined ? undefined : value * 1000;
  };
  let fd = numbers("notification-fd", 1)?.[0];
  if (fd !== undefined && (!Number.isInteger(fd) || fd <= LAST_STANDARD_FD || fd > HIGHEST_FD)) {
    complain("notification-fd ignored: not a descriptor from 3 to 1023");
    fd = undefined;
  }
  const [first, max] = numbers("backoff", 2)?.map((s) => s * 1000) ?? [START_INTERVAL, START_INTERVAL];
  const tally = numbers("death-tally", 2);
  const has = (name: string) => [dir, defaults].some((d) => d !== undefined && existsSync(join(d, name)));
  return {
    stopTimeout: seconds("stop-timeout"),
    finishTimeout: seconds("finish-timeout"),
    notificationFd: fd,
    notifySocket: has("notify-socket"),
    needs: [...new Set((text("needs") ?? "").split(/\s+/).filter(Boolean))],
    backoff: { first, max: Math.max(first, max) },
    tally: tally && { count: tally[0], within: tally[1] * 1000 },
    runit: has("runit"),
  };
}
