/** Runs one scenario and says what is wrong with the answer. */
import type { Scenario, WhyReport } from "./types.ts";
import { World } from "./world.ts";

/** Share by which the seconds of the first cause may be off. */
export const TOLERANCE = 0.1;

export interface Result {
  scenario: Scenario;
  /** What is wrong, or why it was skipped; "" when the answer is right. */
  problem: string;
  skipped: boolean;
  injected: number;
  report: WhyReport | undefined;
}

export async function runScenario(scenario: Scenario, engine: string, show: boolean): Promise<Result> {
  const missing = scenario.missing?.() ?? "";
  const result: Result = {
    scenario,
    problem: missing,
    skipped: missing !== "",
    injected: 0,
    report: undefined,
  };
  if (result.skipped) return result;
  const world = await World.create(scenario.name, engine);
  try {
    result.injected = await scenario.run(world);
    result.report = await world.why();
    result.problem = judge(scenario, result.injected, result.report);
    if (show) process.stdout.write(`\n== ${scenario.name}: ${scenario.cause}\n${await world.whyText()}`);
  } catch (error) {
    result.problem = (error as Error).message;
  } finally {
    await world.close();
  }
  return result;
}

/**
 * Share by which the first cause's seconds differ from those injected. The clocks that measured those ran on while the
 * service waited for a CPU or was held up by tracing, which the report tells apart.
 */
export function deviation(report: WhyReport, injected: number): number {
  const apart = report.causes.reduce(
    (sum, c) => sum + (c.category === "runqueue" ? c.seconds : 0),
    report.tracing_seconds,
  );
  const { seconds } = report.causes[0];
  const nearest = Math.min(injected, Math.max(seconds, injected - apart));
  return (seconds - nearest) / injected;
}

function judge(scenario: Scenario, injected: number, report: WhyReport): string {
  const { kind } = report.lifetime;
  if (kind !== "restart") return `explains a ${kind}, not a restart: ${report.verdict}`;
  const [first] = report.causes;
  if (!first) return "no cause at all";
  const phases = report.phases.map((p) => `${p.name} ${p.seconds.toFixed(2)} s`).join(", ");
  const said = `${first.category} ${first.seconds.toFixed(2)} s ${first.target}: ${first.text} (${phases}; lost ${report.lost}; unattributed ${report.unattributed_seconds.toFixed(2)} s)`;
  if (first.category !== scenario.category) return `not ${scenario.category}: ${said}`;
  const object = first.target === "" ? `${first.comm} ${first.text}` : first.target;
  if (!scenario.about.test(object)) return `not about ${scenario.about}: ${said}`;
  const off = deviation(report, injected);
  if (Math.abs(off) > TOLERANCE) return `${(off * 100).toFixed(0)} % off ${injected.toFixed(2)} s: ${said}`;
  return "";
}
