/** Services of a scan directory that run and were started to be recorded. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../base/bytes.ts";
import { isTraced } from "../supervise/control.ts";
import { isThere, readExtended } from "../supervise/extended.ts";

export interface RunningService {
  readonly service: string;
  readonly dir: string;
  readonly pid: number;
}

/** A service that has got its `trace/` since it was started is left alone until its next start. */
export function tracedServices(scanDir: string): RunningService[] {
  const found: RunningService[] = [];
  for (const service of names(scanDir)) {
    const dir = join(scanDir, service);
    if (!isTraced(dir)) continue;
    const known = readExtended(dir);
    // the process of any other state is `finish`, which is part of the stop
    if (known?.traced && known.state === "up" && isThere(known)) found.push({ service, dir, pid: known.pid });
  }
  return found;
}

function names(scanDir: string): string[] {
  try {
    return readdirSync(bytesOf(scanDir), "buffer")
      .map(textOf)
      .filter((n) => !n.startsWith("."));
  } catch {
    return [];
  }
}
