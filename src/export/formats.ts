/** The formats a recording can be exported to: one table for the program, its help and the documentation. */
import type { Recording } from "../record/model.ts";
import type { Source } from "../record/reader.ts";

export type Pieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface Format {
  readonly name: string;
  readonly help: string;
  /** Makes a file that is alone in its directory: not for a terminal or pipe. */
  readonly toFile?: (recording: string, file: string, options: FormatOptions) => Promise<void>;
  /** Text or bytes, a piece at a time. */
  readonly pieces?: (source: Source, options: FormatOptions) => Promise<Pieces>;
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
    pieces: async (r) => (await import("./perfetto.ts")).perfettoJson(await whole(r)),
  },
  {
    name: "folded",
    help: "folded stacks for flame graphs: CPU samples, or (--by calls) time in calls",
    pieces: async (r, { by = r.recording.samples.length > 0 ? "cpu" : "calls" }) => {
      const folded = await import("./folded.ts");
      return by === "cpu" ? folded.foldedSamples(r.recording) : folded.foldedCalls(r);
    },
  },
  {
    name: "pprof",
    help: "gzipped profile.proto: CPU samples, calls, time in calls",
    pieces: async (r) => [await (await import("./pprof.ts")).pprofBytes(r)],
  },
  {
    name: "parquet",
    help: "a table (--table calls, syscall, process ...) as a Parquet file",
    toFile: async (path, file, { table }) => (await import("./parquet.ts")).writeParquet(path, table, file),
  },
  {
    name: "otlp",
    help: "OpenTelemetry traces (OTLP/JSON): lifetime, phases, calls of 1 ms and more",
    pieces: async (r) => (await import("./otlp.ts")).otlpJson(r),
  },
  {
    name: "prometheus",
    help: "counters and histograms of the running service, durations of its phases",
    pieces: async ({ recording }) => {
      const { readRates } = await import("../record/reader.ts");
      const counted = { ...recording, ...(await readRates(recording.path)) };
      return (await import("./prometheus.ts")).prometheusText(counted);
    },
  },
];

/** With its calls: arrows go from one to another far away. */
async function whole({ recording }: Source): Promise<Recording> {
  const { readRecording } = await import("../record/reader.ts");
  return readRecording(recording.path);
}

/** The table of the documentation. */
export function formatsTable(): string {
  const rows = formats.map((f) => `| \`${f.name}\` | ${f.help} |`);
  return ["| format | what it is |", "|---|---|", ...rows].join("\n");
}
