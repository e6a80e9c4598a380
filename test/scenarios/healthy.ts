/** Restarts of a service with nothing wrong: `why` has nothing to say about them. */
import { sleep } from "../helpers.ts";
import type { Healthy } from "./types.ts";
import { World } from "./world.ts";

export interface HealthyResult {
  restarts: number;
  /** Median length of a restart in seconds. */
  median: number;
  /** Verdicts that named something. */
  alarms: string[];
}

export async function checkHealthy(
  service: Healthy,
  repetitions: number,
  engine: string,
): Promise<HealthyResult> {
  const world = await World.create(`healthy-${service.name}`, engine);
  const alarms: string[] = [];
  const totals: number[] = [];
  try {
    await service.start(world);
    for (let i = 0; i < repetitions; i++) {
      // a service that ends within a second of its start is started again only a second later
      await sleep(1.2);
      await world.restart();
      const report = await world.why();
      totals.push(report.total_seconds);
      if (!/^Nothing (was slow|unusual)/.test(report.verdict)) alarms.push(report.verdict);
    }
  } finally {
    await world.close();
  }
  totals.sort((a, b) => a - b);
  return { restarts: totals.length, median: totals[totals.length >> 1] ?? Number.NaN, alarms };
}
