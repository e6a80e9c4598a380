/** Names of ioctl commands; several can share a number. */
import { ioctls } from "./generated/ioctls.ts";

const table = new Map(ioctls);

export function ioctlNames(cmd: number): readonly string[] {
  return table.get(cmd >>> 0) ?? [];
}

/** Numbers by name. */
export function ioctlNumbers(): ReadonlyMap<string, number> {
  return new Map(ioctls.flatMap(([number, names]) => names.map((name) => [name, number] as const)));
}
