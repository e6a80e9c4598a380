/**
 * Settings of a recorded service: each is a file in its `trace/` directory. This table is what parses them and what
 * docs/RECORDING.md shows.
 */
import { join } from "node:path";
import { isAbsent, readSmall, unreadable } from "../base/small-file.ts";

export type Policy = "default" | "everything" | "slow";
export type EngineChoice = "auto" | "bpf" | "ptrace";

export interface Settings {
  policy: Policy;
  engine: EngineChoice;
  /** ns. */
  threshold: number;
  /** A set of calls as strace's -e trace= takes it; "" is all. */
  filter: string;
  /** ns that the flight recorder reaches back; 0 is off. */
  flight: number;
  /** Most calls in the flight recorder. */
  flightCalls: number;
  /** A call this slow (ns) that is no idle wait saves the flight recorder; 0 is never. */
  flightSlow: number;
  /** Recordings kept. */
  keep: number;
  /** Total bytes of the recordings. */
  size: number;
  /** ns after which a recording is removed; 0 is never. */
  age: number;
  /** Bytes of one recording. */
  file: number;
}

interface Kind<T> {
  /** Undefined when the text means nothing. */
  readonly parse: (text: string) => T | undefined;
  readonly show: (value: T) => string;
}

function number(unit: string, scale: number, least = 0): Kind<number> {
  return {
    parse: (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) >= least ? Number(text) * scale : undefined),
    show: (value) => `${value / scale}${unit}`,
  };
}

function whole(least: number): Kind<number> {
  const { parse, show } = number("", 1, least);
  return { parse: (text) => (/^\d+$/.test(text) ? parse(text) : undefined), show };
}

function word<T extends string>(...words: readonly T[]): Kind<T> {
  return { parse: (text) => words.find((w) => w === text), show: (value) => `\`${value}\`` };
}

const text: Kind<string> = { parse: (t) => t, show: (value) => value || "all calls" };

function setting<K extends keyof Settings>(
  key: K,
  file: string,
  kind: Kind<Settings[K]>,
  otherwise: Settings[K],
  meaning: string,
) {
  return { key, file, kind, otherwise, meaning };
}

export const settings = [
  setting(
    "policy",
    "policy",
    word<Policy>("default", "everything", "slow"),
    "default",
    "`default`: every call while starting and stopping, slow ones and counts while running; `everything`: every call always; `slow`: slow ones and counts only",
  ),
  setting("threshold", "threshold", number(" ms", 1e6), 10e6, "a call this long is slow"),
  setting(
    "filter",
    "filter",
    text,
    "",
    "calls that are kept one by one, as `strace -e trace=` takes it: `%file,%network`, `!clock_gettime`",
  ),
  setting(
    "flight",
    "flight",
    number(" s", 1e9),
    10e9,
    "while running, the calls of the last so many seconds are held in memory (0: none)",
  ),
  setting("flightCalls", "flight-calls", whole(16), 8192, "but no more calls than this"),
  setting(
    "flightSlow",
    "flight-slow",
    number(" ms", 1e6),
    1000e6,
    "they are saved when a call that is no idle wait takes this long (0: never)",
  ),
  setting(
    "engine",
    "engine",
    word<EngineChoice>("auto", "bpf", "ptrace"),
    "auto",
    "`auto` takes bpf where the machine allows it",
  ),
  setting(
    "keep",
    "keep",
    whole(2),
    20,
    "newest recordings kept; at least 2, since a restart is explained from two",
  ),
  setting("size", "size", number(" MB", 1e6), 512e6, "total size; the oldest recordings go first"),
  setting("age", "age", number(" days", 86400e9), 30 * 86400e9, "older recordings go (0: never)"),
  setting(
    "file",
    "file",
    number(" MB", 1e6, 1),
    64e6,
    "size of one recording; beyond it the oldest of what was kept while running goes",
  ),
] as const;

/** Reads a service's settings. `warn` is told of files that mean nothing; their settings keep the default. */
export function readSettings(serviceDir: string, warn: (text: string) => void = () => undefined): Settings {
  const out: Record<string, unknown> = {};
  for (const { key, file, kind, otherwise } of settings) {
    const found = content(join(serviceDir, "trace", file), (why) => warn(`trace/${file} ignored: ${why}`));
    const value = found === undefined || found === "" ? undefined : kind.parse(found);
    if (found && value === undefined) {
      warn(
        `trace/${file}: '${found.slice(0, 40)}' is not understood; using ${plain(kind.show(otherwise as never))}`,
      );
    }
    out[key] = value ?? otherwise;
  }
  return out as unknown as Settings;
}

/** All settings at their defaults. */
export function defaultSettings(): Settings {
  return Object.fromEntries(settings.map((x) => [x.key, x.otherwise])) as unknown as Settings;
}

const plain = (shown: string): string => shown.replaceAll("`", "");

/** First line of a file, undefined when there is none. `complain` is told why what is there is no setting. */
function content(path: string, complain: (why: string) => void): string | undefined {
  try {
    return readSmall(path).split("\n")[0].trim();
  } catch (error) {
    if (!isAbsent(error)) complain(unreadable(error));
    return undefined;
  }
}

/** The table of the documentation. */
export function settingsTable(): string {
  const rows = settings.map(
    ({ file, kind, otherwise, meaning }) => `| \`${file}\` | ${kind.show(otherwise as never)} | ${meaning} |`,
  );
  return ["| file | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
