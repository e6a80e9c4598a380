/** Names of signals as this system numbers them, and sending them. */
import os from "node:os";

const names = new Map(Object.entries(os.constants.signals).map(([name, number]) => [number, name]));
names.set(os.constants.signals.SIGABRT, "SIGABRT");
names.set(os.constants.signals.SIGIO, "SIGIO");

/** `TERM` for 15; numbers without a name as they are. */
export function signalName(number: number): string {
  return names.get(number)?.slice(3) ?? String(number);
}

/** 15 for `TERM`. */
export function signalNumber(name: string): number {
  return os.constants.signals[`SIG${name}` as NodeJS.Signals] ?? Number(name);
}

/** Has a process get a signal that is to end it now, even if it is stopped: that would be looked at once it is continued only. */
export function sendFatal(pid: number, signal: number): void {
  send(pid, signal);
  send(pid, "SIGCONT");
}

/** kill(2). False when there is nobody to send it to (any more); who may not be sent it (EPERM) is there. */
export function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
