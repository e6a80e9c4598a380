/** The table at the end of `npm run scenarios`. */
import { deviation, type Result } from "./judge.ts";

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function table(results: readonly Result[]): string {
  const lines = [
    "",
    `${"scenario".padEnd(36)} ${"injected".padStart(8)} ${"first cause".padStart(11)}  ${"off".padStart(6)} ${"unattr.".padStart(7)}  answer`,
  ];
  for (const { scenario, injected, report, problem, skipped } of results) {
    const first = report?.causes[0];
    const columns = [
      scenario.name.padEnd(36),
      (injected ? `${injected.toFixed(2)} s` : "-").padStart(8),
      (first ? `${first.seconds.toFixed(2)} s` : "-").padStart(11),
      ` ${first && injected ? `${(100 * deviation(report!, injected)).toFixed(0)} %` : "-"}`.padStart(7),
      (report ? percent(report.unattributed_seconds / report.total_seconds) : "-").padStart(7),
      ` ${skipped ? `skipped: ${problem}` : problem === "" ? `ok ${first!.category} ${first!.target}` : `WRONG: ${problem}`}`,
    ];
    lines.push(columns.join(" ").slice(0, 240));
  }
  const run = results.filter((r) => !r.skipped);
  const right = run.filter((r) => r.problem === "").length;
  const shares = run.flatMap((r) =>
    r.report ? [r.report.unattributed_seconds / r.report.total_seconds] : [],
  );
  lines.push(
    "",
    `${right} of ${run.length} right, ${results.length - run.length} skipped; unattributed ${percent(median(shares))} (median)`,
  );
  return lines.join("\n");
}
