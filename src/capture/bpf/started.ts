/** The commands an engine has started: children of ours, which it reaps. */
import { sleepSync } from "../../base/sleep.ts";
import { reap } from "../../kernel/children.ts";
import { sendFatal } from "../../kernel/signals.ts";
import type { Spawned } from "../../kernel/spawn.ts";
import type { EngineOptions } from "../engine.ts";

/** ms from when a process has told of its end to its being a zombie. */
const MOST_WAITS = 200;

export class Started {
  private readonly children = new Map<number, Spawned>();

  constructor(private readonly onOtherExit: EngineOptions["onOtherExit"]) {}

  add(child: Spawned): void {
    this.children.set(child.pid, child);
  }

  has(pid: number): boolean {
    return this.children.has(pid);
  }

  /** It has memory of its own, or needs none any more. */
  release(pid: number): void {
    this.children.get(pid)?.release();
  }

  /** A process has ended, which may be one of these: then returns its wait status, where that is known. */
  ended(pid: number): number | undefined {
    if (!this.children.has(pid)) return undefined;
    this.release(pid);
    this.children.delete(pid);
    for (let i = 0; i < MOST_WAITS; i++) {
      const ended = reap(pid);
      if (ended === null) return undefined;
      if (ended !== undefined) {
        this.onOtherExit?.(pid, ended);
        return ended;
      }
      sleepSync(1);
    }
    return undefined;
  }

  kill(signal: number): void {
    for (const pid of this.children.keys()) sendFatal(pid, signal);
  }
}
