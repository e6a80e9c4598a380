/** The tracers of the bench: their command lines, and how many events each delivered and says it lost. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { withRecording } from "../src/record/reader.ts";
import { run } from "./measure.ts";
import { CALLS, callsBack, ENTRIES, SCHEDULER } from "./tracepoints.ts";

export const svtrace = resolve("bin/svtrace");

/** What must be kept: dd at most so many times slower, a server at least that share of its untraced rate. */
export interface Required {
  readonly slowdown?: number;
  readonly share?: number;
  readonly noLoss?: boolean;
}

export interface Tracer {
  readonly name: string;
  /** The program that must be there; none for the untraced runs. */
  readonly program?: string;
  argv(out: string, command: readonly string[]): readonly string[];
  /** Bytes dd copies (two calls each), in thousands, and the rate expected of Redis: slow ones get fewer. */
  readonly thousands: number;
  readonly requests: number;
  /** Events in its output; undefined where that cannot be known. */
  delivered(out: string): Promise<number | undefined>;
  /** Events it says it lost; undefined where it does not say. */
  lost(out: string, stderr: string): Promise<number | undefined>;
  readonly required?: Required;
  /** Where it is measured, if not with all. */
  readonly only?: "dd" | "servers";
  /** Not a tracer: programs that do nothing, at these tracepoints. */
  readonly tracepoints?: readonly string[];
  /** Seconds in which it once does more than what calls ask for. */
  readonly period?: number;
  /** Servers by turns with one that is not followed, which pays for tracepoints, too: the row that tells how much. */
  readonly over?: string;
}

/** What the kernel's tracepoints cost everybody, as long as a program is attached to them. */
const ALONE = "tracepoints of calls";
const ALONE_SCHEDULER = "and of the scheduler";
/** Those of --slower-than where the kernel can call back (6.18). */
const ALONE_ENTRIES = "of entries and switches";
const empty = (name: string, tracepoints: readonly string[]): Tracer => ({
  name,
  tracepoints,
  only: "servers",
  thousands: 0,
  requests: 0,
  argv: (_, c) => c,
  delivered: nothing,
  lost: none,
});

/** The command and what it forks, as `-c` of bpftrace has no "follow". */
const FOLLOWED = `BEGIN { @followed[cpid] = 1; } END { clear(@followed); }
tracepoint:sched:sched_process_fork /@followed[pid]/ { @followed[args->child_pid] = 1; }
tracepoint:raw_syscalls:sys_exit /@followed[pid]/`;
/** What the kernel's tracepoints cost those who are not followed, by theirs and by ours. */
const EMPTY = "tracepoint:raw_syscalls:sys_enter { } tracepoint:raw_syscalls:sys_exit { }";
const BESIDE = '"$@"; :';
const COUNTING = `${FOLLOWED} { @calls[args->id] = count(); }`;
const PRINTING = `${FOLLOWED} { printf("%d %d = %d\\n", tid, args->id, args->ret); }`;

/** As bpftrace 0.17 wants it: it splits at blanks and knows no quotes. */
const words = (command: readonly string[]): string => command.join(" ");
const nothing = async () => undefined;
const none = async () => 0;

/** How many lines of a file match, or with `-v` do not. */
async function lines(...grep: string[]): Promise<number> {
  // grep exits with 1 when it counts 0
  return Number((await run(["sh", "-c", 'grep -c "$@" || [ $? = 1 ]', "sh", ...grep])).stdout);
}

const sum = (text: string, pattern: RegExp): number =>
  [...text.matchAll(pattern)].reduce((total, found) => total + Number(found[1]), 0);

/** Lines of strace's form are calls, but for the ends of tasks, signals, and the first halves of interrupted lines. */
const calls = (out: string) => lines("-avE", "^[0-9]+ +([-+]{3} )|<unfinished \\.\\.\\.>$", out);
const lostByUs = async (_: string, stderr: string) => sum(stderr, /(\d+) events lost in all/g);
const ours = { program: svtrace, thousands: 2000, requests: 50_000, lost: lostByUs } as const;
const bpftrace = {
  program: "/usr/bin/bpftrace",
  thousands: 500,
  requests: 30_000,
  lost: async (out: string, stderr: string) =>
    sum(
      stderr + (await run(["sh", "-c", 'grep -a "^Lost" "$1" || true', "sh", out])).stdout,
      /Lost (\d+) events/g,
    ),
} as const;

/** Calls in a recording. */
const recorded = (file: string): Promise<number> =>
  withRecording(file, async (db) => {
    const [row] = (await db.runAndReadAll("SELECT count(*) AS n FROM call")).getRowObjects();
    return Number(row.n);
  });

export const UNTRACED = "untraced";
export const JSON_NULL = "svtrace --json >/dev/null";
export const COUNTS = "svtrace -c";

export const tracers: readonly Tracer[] = [
  { name: UNTRACED, thousands: 2000, requests: 50_000, argv: (_, c) => c, delivered: nothing, lost: nothing },
  {
    name: "strace -f",
    program: "/usr/bin/strace",
    thousands: 10,
    requests: 3000,
    argv: (o, c) => ["/usr/bin/strace", "-f", "-o", o, ...c],
    delivered: calls,
    lost: none,
  },
  {
    name: "perf trace",
    program: "/usr/bin/perf",
    thousands: 50,
    requests: 8000,
    argv: (o, c) => ["/usr/bin/perf", "trace", "-o", o, ...c],
    delivered: (o) => lines("-avE", "\\[continued\\]|^LOST ", o),
    lost: async (o) =>
      sum((await run(["sh", "-c", 'grep -a "LOST" "$1" || true', "sh", o])).stdout, /LOST (\d+)/g),
  },
  {
    name: "bpftrace, empty probes",
    ...bpftrace,
    argv: (o, c) => ["/usr/bin/bpftrace", "-o", o, "-e", EMPTY, "-c", words(c)],
    delivered: nothing,
    lost: none,
  },
  {
    name: "bpftrace count",
    ...bpftrace,
    argv: (o, c) => ["/usr/bin/bpftrace", "-o", o, "-e", COUNTING, "-c", words(c)],
    delivered: async (o) => sum(readFileSync(o, "latin1"), /^@calls\[\d+\]: (\d+)/gm),
    lost: none,
  },
  {
    name: "bpftrace printf",
    ...bpftrace,
    argv: (o, c) => ["/usr/bin/bpftrace", "-o", o, "-e", PRINTING, "-c", words(c)],
    delivered: (o) => lines("-aE", "^[0-9]+ [0-9]+ = ", o),
  },
  {
    name: "svtrace, not followed",
    ...ours,
    only: "dd",
    argv: (o, c) => [svtrace, "trace", "--engine", "bpf", "-o", o, "sh", "-c", BESIDE, "sh", ...c],
    delivered: nothing,
  },
  empty(ALONE, CALLS),
  empty(ALONE_SCHEDULER, [...CALLS, ...SCHEDULER]),
  empty(ALONE_ENTRIES, ENTRIES),
  {
    name: "svtrace text to file",
    ...ours,
    over: ALONE,
    argv: (o, c) => [svtrace, "trace", "--engine", "bpf", "-f", "-o", o, ...c],
    delivered: calls,
    required: { slowdown: 3, share: 0.85, noLoss: true },
  },
  {
    name: JSON_NULL,
    ...ours,
    over: ALONE,
    argv: (_, c) => [svtrace, "trace", "--engine", "bpf", "-f", "--json", "-o", "/dev/null", ...c],
    delivered: nothing,
    required: { slowdown: 2.8, share: 0.85, noLoss: true },
  },
  {
    name: "svtrace record",
    ...ours,
    over: ALONE_SCHEDULER,
    // it is written every 30
    period: 32,
    argv: (o, c) => [svtrace, "record", "-o", o, ...c],
    delivered: recorded,
    required: { slowdown: 2.8, share: 0.85, noLoss: true },
  },
  {
    name: COUNTS,
    ...ours,
    over: ALONE_SCHEDULER,
    argv: (o, c) => [svtrace, "trace", "--engine", "bpf", "-f", "-c", "-o", o, ...c],
    delivered: async (o) => sum(readFileSync(o, "latin1"), / (\d+) .{9} total$/gm),
    required: { slowdown: 2 },
  },
  {
    name: "svtrace --slower-than=1ms",
    ...ours,
    over: callsBack() ? ALONE_ENTRIES : ALONE,
    argv: (o, c) => [svtrace, "trace", "--engine", "bpf", "-f", "--slower-than=1ms", "-o", o, ...c],
    delivered: calls,
    required: { slowdown: 2, share: 0.95 },
  },
];

/** Why a tracer cannot run here; undefined when it can. */
export const missing = (t: Tracer): string | undefined =>
  t.program === undefined || existsSync(t.program) ? undefined : `${t.program}: not installed`;

/** Whether it is measured with this workload. */
export const measures = (t: Tracer, workload: string): boolean =>
  t.only === undefined || (t.only === "dd") === (workload === "dd");
