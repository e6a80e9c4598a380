/** Services of a scan directory that run and are to be recorded. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unpackStatus } from "../supervise/layout.ts";

export interface RunningService {
  readonly service: string;
  readonly dir: string;
  readonly pid: number;
}

export function tracedServices(scanDir: string): RunningService[] {
  const found: RunningService[] = [];
  for (const service of names(scanDir)) {
    const dir = join(scanDir, service);
    if (!existsSync(join(dir, "trace")) || existsSync(join(dir, "trace", "down"))) continue;
    const pid = pidOf(dir);
    if (pid !== undefined && pid > 0) found.push({ service, dir, pid });
  }
  return found;
}

function names(scanDir: string): string[] {
  try {
    return readdirSync(scanDir).filter((n) => !n.startsWith("."));
  } catch {
    return [];
  }
}

function pidOf(dir: string): number | undefined {
  try {
    return unpackStatus(readFileSync(join(dir, "supervise", "status")))?.pid;
  } catch {
    return undefined;
  }
}
