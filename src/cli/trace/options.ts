/** What `svtrace trace` takes beside strace's options. */
import { UsageError } from "../../base/errors.ts";
import { defaultColumns, extendedColumns } from "../../render/count-table.ts";
import { parseSize } from "../backlog.ts";
import { parseDuration } from "../duration.ts";
import type { StraceOption } from "../strace/options.ts";
import { parseSettings, type StraceSettings } from "../strace/settings.ts";
import { byDescriptor, type Dimension, dimensions } from "./dimensions.ts";

export interface TraceSettings {
  readonly strace: StraceSettings;
  /** ns; 0 shows all calls. */
  slowerThan: number;
  cgroup: string | undefined;
  all: boolean;
  tree: boolean;
  failOnLoss: boolean;
  json: boolean;
  scheduling: boolean;
  /** Bytes on disk for events that wait; undefined is the default. */
  backlog: number | undefined;
  by: Dimension;
  /** ns between tables; 0 for one at the end. */
  interval: number;
}

const option = (
  id: string,
  argument: StraceOption["argument"],
  value: string,
  help: string,
): StraceOption => ({ id, short: "", long: id, argument, group: "Tracing", value, help });

export const traceOptions: readonly StraceOption[] = [
  option(
    "slower-than",
    "required",
    "DURATION",
    "only calls that take at least so long: 500us, 1ms, 2s (bpf)",
  ),
  option("tree", "none", "", "with -p: the process and everything below it"),
  option("cgroup", "required", "PATH", "all processes of a cgroup (v2) and of those below it (bpf)"),
  option("all", "none", "", "all processes of this machine but svtrace itself (bpf)"),
  option(
    "json",
    "none",
    "",
    "JSON, one object a line (docs/JSON.md); to standard output if no command is started",
  ),
  option(
    "scheduling",
    "none",
    "",
    "with --json: how much of each call was CPU, waiting for a CPU, and blocked, and who ended the wait (bpf)",
  ),
  option(
    "backlog",
    "required",
    "SIZE",
    "disk space for events that wait while the traced need the CPU: 1G, or 0 to show them at once at any price (bpf)",
  ),
  option("fail-on-loss", "none", "", "exit 2 if events were lost, or with -c calls not told apart"),
  option(
    "by",
    "required",
    "WHAT",
    `with -c: count by ${dimensions.join(", ")} (fd, path and peer: bpf, not with -P)`,
  ),
  option("interval", "required", "DURATION", "with -c: also a table every DURATION"),
];

export function parseTrace(program: string, argv: readonly string[]): TraceSettings {
  const t: Omit<TraceSettings, "strace"> = {
    slowerThan: 0,
    cgroup: undefined,
    all: false,
    tree: false,
    failOnLoss: false,
    json: false,
    scheduling: false,
    backlog: undefined,
    by: "syscall",
    interval: 0,
  };
  const strace = parseSettings(program, argv, {
    table: traceOptions,
    engine: "auto",
    enough: () => t.all || t.cgroup !== undefined,
    apply: (_s, id, value) => {
      switch (id) {
        case "slower-than":
        case "interval":
          t[id === "interval" ? "interval" : "slowerThan"] = parseDuration(value, `--${id}`, 1);
          break;
        case "backlog":
          t.backlog = parseSize(value, "--backlog");
          break;
        case "cgroup":
          t.cgroup = value;
          break;
        case "by":
          if (!dimensions.includes(value as Dimension))
            throw new UsageError(`invalid --by argument: '${value}' (${dimensions.join(", ")})`);
          t.by = value as Dimension;
          break;
        case "fail-on-loss":
          t.failOnLoss = true;
          break;
        default:
          t[id as "all" | "tree" | "json" | "scheduling"] = true;
      }
    },
  });
  const settings = { ...t, strace };
  check(settings);
  return settings;
}

function check(t: TraceSettings): void {
  const s = t.strace;
  if (s.help || s.version) return;
  const targets = [s.command.length > 0 || s.pids.length > 0, t.all, t.cgroup !== undefined].filter(Boolean);
  if (targets.length > 1) throw new UsageError("--all, --cgroup and a command or -p exclude each other");
  if (t.tree && s.pids.length === 0) throw new UsageError("--tree needs -p PID");
  if (s.count !== "only" && (t.by !== "syscall" || t.interval > 0))
    throw new UsageError("--by and --interval need -c");
  if (t.scheduling && !t.json && s.count !== "only") throw new UsageError("--scheduling needs --json");
  if (s.paths.length > 0 && byDescriptor(t.by))
    throw new UsageError(`--by=${t.by} and -P/--trace-path exclude each other`);
  if (t.json && s.separately) throw new UsageError("--json and -ff/--output-separately exclude each other");
  if (t.json && s.stack) throw new UsageError("--json and -k/--stack-traces exclude each other");
  if (t.slowerThan > 0 && s.order === "strace")
    throw new UsageError("--slower-than shows calls when they have ended: leave out --order=strace");
  if (t.all || t.tree || t.cgroup !== undefined) s.follow = true;
  if (s.count !== "none") {
    s.wall = true;
    if (s.columns === defaultColumns) s.columns = extendedColumns;
  }
}

/** Options that only the bpf engine has, as they were given. */
export function needsBpf(t: TraceSettings): string | undefined {
  if (t.slowerThan > 0) return "--slower-than";
  if (t.all) return "--all";
  if (t.cgroup !== undefined) return "--cgroup";
  if (t.scheduling) return "--scheduling";
  if (byDescriptor(t.by)) return `--by=${t.by}`;
  return undefined;
}
