/** Points at which the tests of the crash matrix kill us. */

/** `SVTRACE_FAULT=NAME` or `NAME:N` for the Nth time the point is passed. */
const [, wanted, count = "1"] = /^(.*?)(?::(\d+))?$/.exec(process.env.SVTRACE_FAULT ?? "")!;
let left = Number(count);

export type FaultPoint =
  | "open:locked"
  | "open:status"
  | "open:announced"
  | "pipe:made"
  | "start:begin"
  | "start:spawned"
  | "start:noted"
  | "ready:told"
  | "stop:signalled"
  | "stop:killed"
  | "died:reaped"
  | "died:noted"
  | "finish:spawned"
  | "clear:begin"
  | "delay:begin"
  | "adopt:begin"
  | "adopt:done"
  | "status:written"
  | "leave:begin"
  | "replace:begin"
  /** In the logger. */
  | "rotate:synced"
  | "rotate:moved"
  | "rotate:begun";

export function fault(point: FaultPoint): void {
  if (point === wanted && --left === 0) process.kill(process.pid, "SIGKILL");
}
