import { readFileSync } from "node:fs";

let boot: string | undefined;

/** Bytes of `bootBytes`. */
export const BOOT_BYTES = 16;

/** The kernel's id of this boot: times of CLOCK_MONOTONIC can be compared with those of the same one only. */
export function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return boot;
}

export const bootBytes = (): Uint8Array => Buffer.from(bootId().replaceAll("-", ""), "hex");
