/** The programs that follow calls and tasks in the kernel. Each is attached to the tracepoint it is named after. */
export { compatEnter, compatExit, sysEnter, sysExit } from "./calls.ts";
export * from "./common.ts";
export { followThread } from "./follow.ts";
export { processExec, processExit, processFork } from "./lifecycle.ts";
export { goesOn } from "./long-calls.ts";
export { cpuSample } from "./sample.ts";
export { schedSwitch, schedWaking } from "./scheduling.ts";
export { signalDeliver, signalGenerate } from "./signals.ts";
