/** The bundle of what traces. */
import { type Programs, runGroup } from "../programs.ts";
import type { tracerCommands, tracers } from "./names.ts";

const applets: Programs<(typeof tracers)[number]> = {
  strace: () => import("../strace.ts"),
};

const commands: Programs<(typeof tracerCommands)[number]> = {
  run: () => import("../run.ts"),
  tracer: () => import("../tracer.ts"),
  trace: () => import("../trace.ts"),
};

export const start = (name: string, argv: string[]): Promise<void> =>
  runGroup({ applets, commands }, name, argv);
