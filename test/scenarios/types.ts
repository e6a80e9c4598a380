/** What a scenario is: a real service, a cause injected into its restart, and what `why` has to say about it. */
import type { World } from "./world.ts";

export interface Scenario {
  /** `service/what`. */
  readonly name: string;
  /** The injected cause, for the table. */
  readonly cause: string;
  /** Category of the first cause. */
  readonly category: string;
  /** Matches the first cause's target, or where a cause has none (CPU, sleep), its text. */
  readonly about: RegExp;
  /** Part of the default test suite. */
  readonly quick?: boolean;
  /** Why it cannot run here, or "". */
  readonly missing?: () => string;
  /**
   * Sets the service up, restarts it with the cause and returns when it serves again: the seconds the cause took by
   * the harness's or the service's own clock.
   */
  readonly run: (world: World) => Promise<number>;
}

/** A service without any cause, restarted as it is. */
export interface Healthy {
  readonly name: string;
  readonly missing?: () => string;
  /** Starts it; returns when it serves. */
  readonly start: (world: World) => Promise<void>;
}

/** The parts of `why --json` that are looked at. */
export interface WhyReport {
  lifetime: { kind: string; pid: number; ready: number | null };
  total_seconds: number;
  phases: { name: string; seconds: number }[];
  verdict: string;
  causes: { rank: number; seconds: number; category: string; text: string; target: string; comm: string }[];
  unattributed_seconds: number;
  tracing_seconds: number;
  lost: number;
}
