/** What follows every call: ours on the bpf engine, and Debian's strace, perf trace and bpftrace. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readRecording } from "../src/record/reader.ts";

const ours = resolve("bin/svtrace");

/** Limits that are required of ours: times dd's own time at most, shares of a server's rate at least. */
export interface Required {
  readonly dd: number;
  readonly served?: number;
}

export interface Tracer {
  readonly name: string;
  /** The command line that runs `command` under it, its output going to `out`. */
  argv(out: string, command: readonly string[]): readonly string[];
  /** The program that must be there. */
  readonly program: string;
  /** Calls of dd; slow ones get fewer. */
  readonly calls: number;
  /** Size of a server's load: slow ones get less, as only the rate counts. */
  readonly load: number;
  /** Events in its output; undefined when it does not say. */
  delivered(out: string): Promise<number | undefined>;
  /** Whether it tells what it lost. */
  readonly tellsLoss: boolean;
  readonly required?: Required;
}

const HISTOGRAM =
  'tracepoint:raw_syscalls:sys_enter /comm == "COMM"/ { @t[tid] = nsecs; } ' +
  "tracepoint:raw_syscalls:sys_exit /@t[tid]/ { @[args->id] = hist(nsecs - @t[tid]); delete(@t[tid]); }";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const text = (out: string): string => (existsSync(out) ? readFileSync(out, "latin1") : "");
const nothing = async (): Promise<undefined> => undefined;

/** Lines; a few tell of signals and ends, not of calls. */
async function lines(out: string): Promise<number> {
  let n = 0;
  const bytes = existsSync(out) ? readFileSync(out) : Buffer.alloc(0);
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) n++;
  return n;
}

async function sumOfHistograms(out: string): Promise<number> {
  return [...text(out).matchAll(/\)\s+(\d+) \|/g)].reduce((sum, m) => sum + Number(m[1]), 0);
}

async function sumOfCounts(out: string): Promise<number> {
  const total = text(out)
    .split("\n")
    .find((line) => / total$/.test(line));
  return Number(total?.trim().split(/\s+/)[8]);
}

const svtrace = { program: ours, calls: 1_000_000, load: 1, tellsLoss: true } as const;
const full = { dd: 2.8, served: 0.85 };

export const tracers: readonly Tracer[] = [
  {
    ...svtrace,
    name: "untraced",
    argv: (_, c) => c,
    program: "/bin/sh",
    tellsLoss: false,
    delivered: nothing,
  },
  {
    name: "strace -f",
    program: "/usr/bin/strace",
    argv: (o, c) => ["/usr/bin/strace", "-f", "-o", o, ...c],
    calls: 20_000,
    load: 0.1,
    delivered: lines,
    tellsLoss: false,
  },
  {
    name: "perf trace",
    program: "/usr/bin/perf",
    argv: (o, c) => ["/usr/bin/perf", "trace", "-o", o, ...c],
    calls: 50_000,
    load: 0.2,
    delivered: lines,
    tellsLoss: false,
  },
  {
    name: "bpftrace hist",
    program: "/usr/bin/bpftrace",
    argv: (o, c) => [
      "/usr/bin/bpftrace",
      ...["-o", o, "-e", HISTOGRAM.replace("COMM", nameOf(c[0])), "-c", c.join(" ")],
    ],
    calls: 500_000,
    load: 1,
    delivered: sumOfHistograms,
    tellsLoss: false,
  },
  {
    ...svtrace,
    name: "svtrace text",
    argv: (o, c) => [ours, "trace", "-f", "-o", o, ...c],
    delivered: lines,
    required: { ...full, dd: 3 },
  },
  {
    ...svtrace,
    name: "svtrace --json",
    argv: (_, c) => [ours, "trace", "-f", "--json", "-o", "/dev/null", ...c],
    delivered: nothing,
    required: full,
  },
  {
    ...svtrace,
    name: "svtrace record",
    argv: (o, c) => [ours, "record", "-o", o, "--", ...c],
    delivered: async (out) => (await readRecording(out)).calls.length,
    required: full,
  },
  {
    ...svtrace,
    name: "svtrace -c",
    argv: (o, c) => [ours, "trace", "-f", "-c", "-o", o, ...c],
    delivered: sumOfCounts,
    required: { dd: 2 },
  },
  {
    ...svtrace,
    name: "svtrace slow>1ms",
    argv: (o, c) => [ours, "trace", "-f", "--slower-than=1ms", "-o", o, ...c],
    delivered: lines,
    required: { dd: 2, served: 0.95 },
  },
];
