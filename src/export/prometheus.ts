/** What was counted while a service ran, and how long its phases took, in the Prometheus text format. */
import type { Lifetime, LossRow, PhaseRow } from "../record/model.ts";
import type { HistogramTotal, RateTotal } from "../record/reader.ts";

export interface Counted {
  readonly lifetime: Lifetime;
  readonly phases: readonly PhaseRow[];
  readonly losses: readonly LossRow[];
  readonly rates: readonly RateTotal[];
  readonly histograms: readonly HistogramTotal[];
}

/** Upper bounds in seconds: powers of four from a microsecond to over a minute. */
const BOUNDS = Array.from({ length: 14 }, (_, i) => 4 ** i / 1e6);

export function* prometheusText({ lifetime, phases, losses, rates, histograms }: Counted): Iterable<string> {
  const service = { service: lifetime.service };
  const byName = new Map(rates.map((r) => [r.name, { ...r, upTo: BOUNDS.map(() => 0) }]));
  for (const h of histograms) {
    const t = byName.get(h.name);
    if (!t) continue;
    for (const [i, bound] of BOUNDS.entries()) if (h.to_ns <= bound * 1e9) t.upTo[i] += h.calls;
  }
  const all = [...byName];
  yield* metric("svtrace_syscall_errors_total", "counter", "Failed system calls while running.");
  for (const [name, t] of all) yield row("svtrace_syscall_errors_total", { ...service, name }, t.errors);
  yield* metric("svtrace_syscall_duration_seconds", "histogram", "Durations of system calls while running.");
  for (const [name, t] of all) {
    const base = "svtrace_syscall_duration_seconds";
    for (const [i, le] of BOUNDS.entries())
      yield row(`${base}_bucket`, { ...service, name, le: String(le) }, t.upTo[i]);
    yield row(`${base}_bucket`, { ...service, name, le: "+Inf" }, t.calls);
    yield row(`${base}_sum`, { ...service, name }, t.total_ns / 1e9);
    yield row(`${base}_count`, { ...service, name }, t.calls);
  }
  yield* metric("svtrace_phase_seconds", "gauge", "How long a phase of the lifetime took, or has taken.");
  for (const p of phases) {
    const seconds = ((p.ended ?? lifetime.written) - p.started) / 1e9;
    yield row("svtrace_phase_seconds", { ...service, phase: p.name }, seconds);
  }
  yield* metric("svtrace_lost_total", "counter", "What is missing in the recording.");
  for (const l of losses) yield row("svtrace_lost_total", { ...service, reason: l.reason }, l.count);
  yield* metric("svtrace_start_time_seconds", "gauge", "When the lifetime began, in seconds since 1970.");
  yield row("svtrace_start_time_seconds", service, (lifetime.started + lifetime.anchor) / 1e9);
}

function* metric(name: string, type: string, help: string): Iterable<string> {
  yield `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function row(name: string, labels: Record<string, string>, value: number): string {
  const escaped = (text: string) => text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
  const text = Object.entries(labels).map(([key, v]) => `${key}="${escaped(v)}"`);
  return `${name}{${text.join(",")}} ${value}\n`;
}
