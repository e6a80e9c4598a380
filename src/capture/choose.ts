/** Which engine captures. */
import { UsageError } from "../base/errors.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import type { EventSink } from "./event.ts";
import { createPtraceEngine } from "./ptrace/engine.ts";

export type EngineKind = "ptrace" | "bpf";

export interface Chosen {
  readonly engine: Engine;
  readonly kind: EngineKind;
}

/**
 * Makes the engine asked for; `auto` takes the cheapest that works here. Throws UsageError when the one asked for does
 * not work here, SysError when the kernel refuses it.
 */
export function createEngine(kind: "auto" | EngineKind, sink: EventSink, options: EngineOptions): Chosen {
  if (kind === "bpf") throw new UsageError("engine bpf: not available; use ptrace or auto");
  return { engine: createPtraceEngine(sink, options), kind: "ptrace" };
}
