/** The quick ones of the scenarios (`npm run scenarios` runs all): `why` names what was injected, of real services. */
import { expect, test } from "vitest";
import { needs } from "../helpers.ts";
import { checkHealthy } from "../scenarios/healthy.ts";
import { runScenario } from "../scenarios/judge.ts";
import { healthy, scenarios } from "../scenarios/suite.ts";

const engine = process.env.SVTRACE_ENGINE ?? "";

for (const scenario of scenarios.filter((s) => s.quick)) {
  const [name, options] = needs(`${scenario.name}: ${scenario.cause}`, scenario.missing?.() ?? "");
  test(name, { ...options, timeout: 120_000 }, async () => {
    const { problem } = await runScenario(scenario, engine, false);
    expect(problem).toBe("");
  });
}

for (const service of healthy.filter((s) => /^(nginx|redis)$/.test(s.name))) {
  test(
    ...needs(`${service.name}: nothing is named where nothing was slow`, service.missing?.() ?? ""),
    async () => {
      const { alarms } = await checkHealthy(service, 2, engine);
      expect(alarms).toEqual([]);
    },
  );
}
