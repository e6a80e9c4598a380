/** The machine-dependent part of the kernel layer, chosen once. */
import * as x64 from "./x64.ts";

if (process.arch !== "x64") {
  throw new Error(`svtrace: this machine is ${process.arch}; only x64 is supported so far`);
}

export const { callRunner, childRunner, childRunner3, tracerRound, nr, userArea } = x64;
