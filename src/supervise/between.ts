/** What went on between the end of a service and its next start: for whoever explains a restart. */
import type { State } from "./machine.ts";

/** Unix seconds. */
export interface Step {
  readonly state: State;
  readonly from: number;
  readonly until: number;
  /** Needed services that were not ready. */
  readonly names?: readonly string[];
}

/** What is over sooner (ms) is not worth telling. */
const SHORT = 1;

/** Monotonic, ms: the clock may be set meanwhile. */
interface Begun {
  readonly state: State;
  readonly from: number;
  readonly names: Set<string>;
}

/** Only remembers, so that a restart is no later for it. */
export class Between {
  private current: Begun | undefined;
  private steps: (Begun & { readonly until: number })[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The service is in this state now. */
  enter(state: State): void {
    const now = this.now();
    const { current } = this;
    if (current?.state === "up" || current?.state === "down") this.steps = [];
    else if (current && now - current.from >= SHORT) this.steps.push({ ...current, until: now });
    this.current = { state, from: now, names: new Set() };
  }

  /** There was nothing to do in this state: its time, on a busy machine, is not what it is named for. */
  nothing(): void {
    this.current = undefined;
  }

  /** It waits for these. */
  waitsFor(names: readonly string[]): void {
    for (const name of names) this.current?.names.add(name);
  }

  /** All since the end. `time`: Unix seconds now. */
  told(time: number): Step[] {
    const unix = (ms: number) => time - (this.now() - ms) / 1000;
    return this.steps.map(({ state, from, until, names }) => ({
      ...{ state, from: unix(from), until: unix(until) },
      ...(names.size > 0 ? { names: [...names] } : {}),
    }));
  }
}
