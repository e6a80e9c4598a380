/** Names of signals as this system numbers them. */
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
