/** The formats a recording can be exported to: one table for the program, its help and the documentation. */
import type { Recording } from "../record/model.ts";

export interface Format {
  readonly name: string;
  readonly help: string;
  /** Needs a file: not for a terminal or pipe. */
  readonly toFile?: (recording: string, file: string, options: FormatOptions) => Promise<void>;
  /** Text or bytes, a piece at a time. */
  readonly pieces?: (
    recording: Recording,
    options: FormatOptions,
  ) => Promise<Iterable<string | Uint8Array>> | Iterable<string | Uint8Array>;
}

export interface FormatOptions {
  /** folded: `cpu` or `calls`; unset: cpu where there are samples. */
  readonly by?: "cpu" | "calls";
  /** parquet: table or view. */
  readonly table: string;
}

export const formats: readonly Format[] = [
  {
    name: "strace",
    help: "as strace -f -ttt -T prints it",
    pieces: async (r) => (await import("./strace.ts")).straceLines(r),
  },
  {
    name: "json",
    help: "one JSON object a line, everything in order of time",
    pieces: async (r) => (await import("./json-lines.ts")).jsonLines(r),
  },
  {
    name: "perfetto",
    help: "for ui.perfetto.dev and chrome://tracing: threads, calls, phases, wake-ups",
    pieces: async (r) => (await import("./perfetto.ts")).perfettoJson(r),
  },
  {
    name: "folded",
    help: "folded stacks for flame graphs: CPU samples, or (--by calls) time in calls",
    pieces: async (r, { by = r.samples.length > 0 ? "cpu" : "calls" }) => {
      const folded = await import("./folded.ts");
      return by === "cpu" ? folded.foldedSamples(r) : folded.foldedCalls(r);
    },
  },
  {
    name: "pprof",
    help: "gzipped profile.proto: CPU samples, calls, time in calls",
    pieces: async (r) => [(await import("./pprof.ts")).pprofBytes(r)],
  },
  {
    name: "parquet",
    help: "a table (--table calls, syscall, process ...) as a Parquet file",
    toFile: async (path, file, { table }) => (await import("./parquet.ts")).writeParquet(path, table, file),
  },
  {
    name: "otlp",
    help: "OpenTelemetry traces (OTLP/JSON): lifetime, phases, calls of 1 ms and more",
    pieces: async (r) => [(await import("./otlp.ts")).otlpJson(r)],
  },
  {
    name: "prometheus",
    help: "counters and histograms of the running service, durations of its phases",
    pieces: async (r) => {
      const { readRates } = await import("../record/reader.ts");
      const counted = { ...r, ...(await readRates(r.path)) };
      return (await import("./prometheus.ts")).prometheusText(counted);
    },
  },
];

/** The table of the documentation. */
export function formatsTable(): string {
  const rows = formats.map((f) => `| \`${f.name}\` | ${f.help} |`);
  return ["| format | what it is |", "|---|---|", ...rows].join("\n");
}
