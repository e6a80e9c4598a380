/** Files in a service directory that switch on what daemontools does not have. docs/SUPERVISION.md has the table. */
import { type BigIntStats, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { isAbsent, readSmall, unreadable } from "../base/small-file.ts";

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
/** Deaths that are remembered. */
export const MAX_DEATHS = 100;
const LAST_STANDARD_FD = 2;
const HIGHEST_FD = 1023;

/** Where the settings of a scan directory's services lie that have none of their own. */
export const DEFAULTS = ".svtrace/defaults";

const names = [
  ...[
    "stop-timeout",
    "finish-timeout",
    "notification-fd",
    "notify-socket",
    "needs",
    "backoff",
    "death-tally",
  ],
  "runit",
] as const;

/** What changed less than this (ms) before it was read may change again unseen: clocks of files stand still for ticks. */
const FRESH_MS = 50;

interface Seen {
  /** Times, sizes and inodes of everything it was made of. */
  readonly signature: string;
  /** Files that there are. */
  readonly paths: readonly string[];
  readonly own: ReadonlySet<string>;
  readonly settings: Settings;
  readonly complaints: readonly string[];
}

/** The settings of a service as they are now; read again only if something has changed. */
export class SettingsReader {
  /** As read last; `seen` if it can be told from what comes after it. */
  private last: Seen | undefined;
  private seen: Seen | undefined;

  constructor(private readonly defaults: string | undefined) {}

  /** `dir` is the service's directory; `complain` is told what is no setting. */
  read(dir: string, complain: (text: string) => void): Settings {
    const { settings, complaints } = this.look(dir);
    for (const text of complaints) complain(text);
    return settings;
  }

  /** Whether the service's directory had an entry of this name when it was looked at last. */
  saw(name: string): boolean {
    return this.last?.own.has(name) ?? false;
  }

  /** Whether the service's directory has an entry of this name. */
  has(dir: string, name: string): boolean {
    return this.look(dir).own.has(name) && existsSync(bytesOf(join(dir, name)));
  }

  private look(dir: string): Seen {
    const dirs = this.defaults === undefined ? [dir] : [dir, this.defaults];
    if (this.seen && signatureOf([...dirs, ...this.seen.paths]) === this.seen.signature) return this.seen;
    const listings = dirs.map(entries);
    const paths = dirs.flatMap((d, i) => names.filter((n) => listings[i].has(n)).map((n) => join(d, n)));
    const signature = signatureOf([...dirs, ...paths]);
    const complaints: string[] = [];
    const text = (name: string) => {
      const found = paths.filter((path) => path.endsWith(`/${name}`));
      const texts = found.map((path) => contents(path, (why) => complaints.push(`${name} ignored: ${why}`)));
      return texts.find((c) => c !== undefined);
    };
    const settings = parse(text, (t) => complaints.push(t));
    const seen = { signature: signature ?? "", paths, own: listings[0], settings, complaints };
    this.last = seen;
    this.seen = signature === undefined ? undefined : seen;
    return seen;
  }
}

/** Undefined if something is too fresh to be told from what it may become. */
function signatureOf(paths: readonly string[]): string | undefined {
  const fresh = BigInt(Date.now() - FRESH_MS) * 1_000_000n;
  let signature = "";
  for (const path of paths) {
    const s = lookAt(path);
    if (s && s.ctimeNs > fresh) return undefined;
    signature += s ? `${s.ino} ${s.size} ${s.mtimeNs} ${s.ctimeNs};` : "-;";
  }
  return signature;
}

/** What cannot be looked at (a loop of links, a file for a directory) is not there. */
function lookAt(path: string): BigIntStats | undefined {
  try {
    return statSync(bytesOf(path), { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function entries(dir: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(bytesOf(dir)));
  } catch {
    return new Set();
  }
}

function contents(path: string, complain: (why: string) => void): string | undefined {
  try {
    return readSmall(path).trim();
  } catch (error) {
    if (!isAbsent(error)) complain(unreadable(error));
    return undefined;
  }
}

/** `text` gives a file's contents, undefined if there is none; `complain` is told what is no setting. */
function parse(text: (name: string) => string | undefined, complain: (text: string) => void): Settings {
  /** `count` numbers that are not negative, or undefined. */
  const numbers = (name: string, count: number): number[] | undefined => {
    const found = text(name);
    if (found === undefined) return undefined;
    const list = found.split(/\s+/);
    if (list.length === count && list.every((n) => /^\d+(\.\d+)?$/.test(n))) return list.map(Number);
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
  let tally = numbers("death-tally", 2);
  if (tally && !(Number.isInteger(tally[0]) && tally[0] > 0 && tally[0] <= MAX_DEATHS)) {
    complain(`death-tally ignored: COUNT is not from 1 to ${MAX_DEATHS}`);
    tally = undefined;
  }
  return {
    stopTimeout: seconds("stop-timeout"),
    finishTimeout: seconds("finish-timeout"),
    notificationFd: fd,
    notifySocket: text("notify-socket") !== undefined,
    needs: [...new Set((text("needs") ?? "").split(/\s+/).filter(Boolean))],
    backoff: { first, max: Math.max(first, max) },
    tally: tally && { count: tally[0], within: tally[1] * 1000 },
    runit: text("runit") !== undefined,
  };
}
