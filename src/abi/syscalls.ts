/** System call numbers and names of each ABI. */
import { aarch64, i386, x32, x86_64 } from "./generated/syscalls.ts";

export type Abi = "x86_64" | "i386" | "x32" | "aarch64";

const tables: Readonly<Record<Abi, readonly string[]>> = { x86_64, i386, x32, aarch64 };
const numbers = new Map<Abi, Map<string, number>>();

/** The kernel's name of a call; undefined for a hole in the table. x32 numbers come without their bit. */
export function syscallName(abi: Abi, nr: number): string | undefined {
  return tables[abi][nr] || undefined;
}

export function syscallNumber(abi: Abi, name: string): number | undefined {
  let map = numbers.get(abi);
  if (!map) {
    map = new Map();
    for (const [nr, n] of tables[abi].entries()) if (n) map.set(n, nr);
    numbers.set(abi, map);
  }
  return map.get(name);
}

/** Every number of an ABI that has a name. */
export function syscallCount(abi: Abi): number {
  return tables[abi].length;
}
