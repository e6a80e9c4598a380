/** Processes that run already, with all that descend from them. */
import { SysError } from "../base/errors.ts";
import { descendants } from "../kernel/proc.ts";
import type { Engine } from "./engine.ts";

/** Attaches to what descends from these processes, which are attached to: they can fork while we look. */
export function attachBelow(engine: Engine, pids: readonly number[]): void {
  const seen = new Set([...pids, process.pid]);
  for (let before = -1; before !== seen.size; ) {
    before = seen.size;
    for (const pid of pids.flatMap(descendants)) {
      if (seen.has(pid)) continue;
      seen.add(pid);
      try {
        engine.attach(pid);
      } catch (error) {
        // ended meanwhile, or followed already
        if (!(error instanceof SysError)) throw error;
      }
    }
  }
}
