/** CPUs of this machine; the kernel numbers them from 0. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** One more than the highest number a CPU can have. */
export const possibleCpus = (): number => count("possible");

/** One more than the highest number a running CPU has. */
export const onlineCpus = (): number => count("online");

/** /sys/devices/system/cpu (Documentation/ABI/testing/sysfs-devices-system-cpu): lists such as `0-3,8`. */
function count(which: string): number {
  try {
    const last = /(\d+)\s*$/.exec(readFileSync(`/sys/devices/system/cpu/${which}`, "latin1"));
    return Number(last![1]) + 1;
  } catch {
    return availableParallelism();
  }
}
