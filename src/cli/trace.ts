/** `svtrace trace`: strace's options on the cheapest engine that works here; and `svtrace trace on|off SERVICE`. */
import { UsageError } from "../base/errors.ts";
import type { BpfOptions } from "../capture/bpf/engine.ts";
import { BpfEngine } from "../capture/bpf/engine.ts";
import { bpfRefusal } from "../capture/choose.ts";
import { attachBelow } from "../capture/tree.ts";
import { dieBy } from "../kernel/own-signals.ts";
import { JsonLines } from "../render/json/lines.ts";
import { backlogPlace } from "./backlog.ts";
import { helpText } from "./options/help.ts";
import { table } from "./options/index.ts";
import { type Extras, Tracer } from "./strace/tracer.ts";
import { countExtras, countsJson, Intervals } from "./trace/counting.ts";
import { needsBpf, parseTrace, type TraceSettings } from "./trace/options.ts";
import { version } from "./version.ts";

/** A table comes late by no more than this share of --interval. */
const LATE = 0.1;

const LOST = 2;

export async function main(argv: string[], name: string): Promise<number> {
  if (argv.length === 2 && (argv[0] === "on" || argv[0] === "off"))
    return (await import("./traceswitch.ts")).main(argv);
  const t = parseTrace(`svtrace ${name}`, argv);
  const s = t.strace;
  if (s.help) {
    process.stdout.write(helpText(table("trace")));
    return 0;
  }
  if (s.version) {
    process.stdout.write(`svtrace ${version}\n`);
    return 0;
  }
  if (s.daemonize !== 0) throw new UsageError("-D is svtrace run's, or svtrace strace's");
  const only = needsBpf(t);
  if (s.engine === "ptrace" && only) {
    const other = s.stops === undefined ? "--engine ptrace" : `${s.stops}, which needs ptrace`;
    throw new UsageError(`${only} needs the bpf engine: leave out ${other}`);
  }
  const tracer = makeTracer(t, only);
  tracer.handleSignals();
  begin(t, tracer);
  const intervals = t.interval > 0 ? new Intervals(tracer, t.interval) : undefined;
  const tick = () => {
    intervals?.tick();
    return false;
  };
  const ending = await tracer.run(tick, intervals && Math.max(1, (t.interval / 1e6) * LATE));
  if (t.failOnLoss && tracer.incomplete) return LOST;
  if (ending.signal !== undefined) return dieBy(ending.signal);
  return ending.status;
}

function makeTracer(t: TraceSettings, only: string | undefined): Tracer {
  const { text } = t.strace;
  // everybody comes and goes here; who did something can be seen
  if (t.all || t.cgroup !== undefined) text.quiet = new Set([...text.quiet, "attach", "exit"]);
  const tracer = new Tracer(t.strace, extras(t));
  const { kind, why } = tracer.chosen;
  if (kind === "bpf" || t.strace.engine !== "auto") return tracer;
  if (only)
    throw new UsageError(`${only} needs the bpf engine, which cannot be used: ${bpfRefusal(why ?? "")}`);
  if (!t.strace.silent) tracer.say(`using ptrace, which slows what it traces: ${why}`);
  return tracer;
}

function extras(t: TraceSettings): Extras {
  const s = t.strace;
  const { statuses, signals, decode } = s.text;
  const engine: Partial<BpfOptions> = { scheduling: t.scheduling };
  if (t.backlog !== undefined) engine.backlog = backlogPlace(t.backlog);
  if (t.slowerThan > 0) engine.slowerThan = t.slowerThan;
  const [status, ...more] = statuses ?? [];
  if (more.length === 0 && (status === "failed" || status === "successful")) engine.statusFilter = status;
  const fd = t.json && s.command.length === 0 ? 1 : 2;
  const table = t.json && s.count !== "none" ? countsJson(t.by) : undefined;
  if (s.count === "only") {
    const counting = countExtras(s, t.by);
    return { ...counting, fd, table, engine: { ...engine, ...counting.engine } };
  }
  if (!t.json) return { engine };
  const { scheduling } = t;
  return {
    engine,
    fd,
    table,
    lines: (to, filter) => new JsonLines({ statuses, signals, decode, scheduling }, to, filter),
  };
}

function begin(t: TraceSettings, tracer: Tracer): void {
  const s = t.strace;
  const { engine } = tracer;
  if (s.command.length > 0) tracer.start();
  if (s.pids.length > 0) {
    tracer.attach();
    if (t.tree) attachBelow(tracer.engine, t.strace.pids);
  }
  if (!(engine instanceof BpfEngine)) return;
  if (t.all) engine.watch({ all: true });
  if (t.cgroup !== undefined) engine.watch({ cgroup: t.cgroup });
}
