/** Which engine captures. */
import { SysError, UsageError } from "../base/errors.ts";
import { BpfEngine, type BpfOptions } from "./bpf/engine.ts";
import type { Engine } from "./engine.ts";
import type { EventSink } from "./event.ts";
import { createPtraceEngine } from "./ptrace/engine.ts";

export type EngineKind = "ptrace" | "bpf";

export interface Chosen {
  readonly engine: Engine;
  readonly kind: EngineKind;
  /** Why `auto` did not take bpf. */
  readonly why?: string;
}

/** Options that need tracees to be stopped. */
export function needsStops(options: BpfOptions): string | undefined {
  if (options.detachOnExec) return "detaching at exec (-b)";
  if (options.killOnExit) return "--kill-on-exit";
  return undefined;
}

/** Why the bpf engine refuses, for those that have no other: the first line, without the advice to take ptrace. */
export const bpfRefusal = (message: string): string =>
  message.split("\n")[0].replace(/[;,]( or)? use --engine ptrace.*$/, "");

/**
 * Makes the engine asked for; `auto` takes the cheapest that works here. Throws SysError when the kernel refuses the
 * one asked for, UsageError when that cannot do what the options ask.
 */
export function createEngine(kind: "auto" | EngineKind, sink: EventSink, options: BpfOptions): Chosen {
  if (kind === "ptrace") return { engine: createPtraceEngine(sink, options), kind };
  const why = needsStops(options);
  if (kind === "bpf") {
    if (why !== undefined) throw new UsageError(`${why} stops tracees: it needs --engine ptrace`, 1);
    return { engine: new BpfEngine(sink, options), kind };
  }
  if (why !== undefined)
    return { engine: createPtraceEngine(sink, options), kind: "ptrace", why: `${why} needs ptrace` };
  try {
    return { engine: new BpfEngine(sink, options), kind: "bpf" };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return { engine: createPtraceEngine(sink, options), kind: "ptrace", why: error.message.split("\n")[0] };
  }
}
