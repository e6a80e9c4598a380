// Usage: demo-check.mjs WHY.JSON MEASURED. Compares the causes of a report with what the service measured by its own
// clock; the addresses come from the environment the service was given.
import { readFileSync } from "node:fs";

const TOLERANCE = 0.1;
const [reportFile, measuredFile] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportFile, "utf8"));
const measured = {};
for (const line of readFileSync(measuredFile, "utf8").trim().split("\n")) {
  const [step, seconds] = line.split(" ");
  measured[step] = Number(seconds);
}
const { env } = process;
const at = (name) => `${env[`${name}_ADDRESS`]}:${env[`${name}_PORT`]}`;

/** What happened: the step the service measured, and what a cause must be about to be this one. */
const happened = [
  ["lookup", "the slow name server", (c) => c.category === "dns" && c.target.includes(at("DNS"))],
  [
    "database",
    "the database that did not answer",
    (c) => c.category === "network" && c.target.includes(at("DATABASE")),
  ],
  [
    "workers",
    "the worker in a slow request",
    (c) => c.category === "network" && c.target.includes(at("UPSTREAM")),
  ],
  [
    "state",
    "the sessions synced to disk",
    (c) => c.category === "disk" && c.syscall === "fsync" && /\/sessions\b/.test(c.target),
  ],
];

let wrong = 0;
for (const [step, what, about] of happened) {
  const took = measured[step];
  const causes = report.causes.filter(about);
  const said = causes.reduce((sum, c) => sum + c.seconds, 0);
  // the service's clock runs on while it waits for a CPU, which the report tells apart
  const queued = report.causes
    .filter((c) => c.category === "runqueue" && causes.some((x) => x.phase === c.phase))
    .reduce((sum, c) => sum + c.seconds, 0);
  const nearest = Math.min(took, Math.max(said, took - queued));
  let verdict = "ok";
  if (took === undefined) verdict = "WRONG: the service did not measure it";
  else if (causes.length === 0) verdict = "WRONG: not in the report";
  else if (Math.abs(said - nearest) > took * TOLERANCE)
    verdict = `WRONG: ${(((said - nearest) / took) * 100).toFixed(0)} % off`;
  if (verdict !== "ok") wrong++;
  const seconds = (n) => (n === undefined ? "      -" : `${n.toFixed(3)} s`);
  console.log(
    `${what.padEnd(34)} service ${seconds(took)}   report ${seconds(causes.length > 0 ? said : undefined)}   ${verdict}`,
  );
}
if (report.lost > 0) console.log(`${report.lost} events were lost`);
process.exit(wrong > 0 ? 1 : 0);
