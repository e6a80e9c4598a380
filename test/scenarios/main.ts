/**
 * `npm run scenarios [-- [--engine E] [--jobs N] [--show] [--keep DIR] [NAME...]]`: injects known causes into restarts of
 * real services and compares what `why` says. NAME is part of a scenario's name. DIR gets the recordings. `healthy [REPETITIONS]`: restarts
 * each service without a cause.
 */
import { parseArgs } from "node:util";
import { checkHealthy } from "./healthy.ts";
import { runScenario } from "./judge.ts";
import { healthy, scenarios } from "./suite.ts";
import { table } from "./table.ts";
import { World } from "./world.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: process.env.SVTRACE_ENGINE ?? "" },
    jobs: { type: "string", default: "1" },
    show: { type: "boolean", default: false },
    keep: { type: "string" },
  },
});

World.keep = values.keep;

// What a scenario started is taken down with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void World.closeAll().finally(() => process.exit(1)));
}

const wanted = <T extends { name: string }>(all: readonly T[], names: readonly string[]): T[] =>
  all.filter((s) => names.length === 0 || names.some((n) => s.name.includes(n)));

if (positionals[0] === "healthy") {
  const [, repetitions = "20", ...names] = positionals;
  let bad = 0;
  for (const service of wanted(healthy, names)) {
    const lacking = service.missing?.() ?? "";
    if (lacking !== "") {
      console.log(`${service.name.padEnd(12)} skipped: ${lacking}`);
      continue;
    }
    const result = await checkHealthy(service, Number(repetitions), values.engine);
    console.log(
      `${service.name.padEnd(12)} ${result.restarts} restarts, ${result.median.toFixed(2)} s (median), ${result.alarms.length} false alarms`,
    );
    for (const alarm of result.alarms) console.log(`    ${alarm}`);
    bad += result.alarms.length;
  }
  process.exit(bad === 0 ? 0 : 1);
}

const todo = wanted(scenarios, positionals);
const results: Awaited<ReturnType<typeof runScenario>>[] = [];
let next = 0;
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    while (next < todo.length) {
      const scenario = todo[next++];
      const result = await runScenario(scenario, values.engine, values.show);
      results.push(result);
      process.stderr.write(
        `${result.problem === "" ? "ok     " : result.skipped ? "skipped" : "WRONG  "} ${scenario.name} ${result.problem}\n`,
      );
    }
  }),
);
console.log(table(todo.flatMap((s) => results.find((r) => r.scenario === s) ?? [])));
process.exit(results.every((r) => r.problem === "" || r.skipped) ? 0 : 1);
