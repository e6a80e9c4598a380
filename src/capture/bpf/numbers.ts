/** The calls behind the numbers that the programs' tables have for each ABI. */
import { type Abi, isIndirect, syscallCount, syscallName } from "../../abi/syscalls.ts";
import { descriptor, indirectDescriptor } from "../../syscalls/index.ts";
import type { Descriptor } from "../../syscalls/types/types.ts";
import { printedNumber } from "../calls.ts";
import { abis, NUMBERS } from "./layout.ts";
import { NO_RETURN, NO_RETURN_CALLS, TABLE_BYTES, UNWANTED } from "./programs/index.ts";

/** Which calls are wanted; undefined: all. */
export type Wanted = ((abi: Abi, nr: number) => boolean) | undefined;

/**
 * Two entries for each number of each ABI. `fill` sets those at `at` and behind it for calls that are wanted and return; `name`
 * and `descriptor` are undefined where a number is no call.
 */
export function fillTables(
  wanted: Wanted,
  fill: (
    tables: Uint16Array,
    at: number,
    abi: Abi,
    name: string | undefined,
    descriptor: Descriptor | undefined,
  ) => void,
): Uint16Array {
  const tables = new Uint16Array(TABLE_BYTES / 2);
  for (const [i, abi] of abis.entries()) {
    for (let nr = 0; nr < NUMBERS; nr++) {
      const at = 2 * (i * NUMBERS + nr);
      const number = abi === "i386" ? printedNumber(nr) : nr;
      const name = number < syscallCount(abi) ? syscallName(abi, number) : undefined;
      if (wanted && !wanted(abi, number)) tables[at] = UNWANTED;
      else if (name !== undefined && NO_RETURN_CALLS.has(name)) tables[at] = NO_RETURN;
      else fill(tables, at, abi, name, describe(name, abi, nr));
    }
  }
  return tables;
}

function describe(name: string | undefined, abi: Abi, nr: number): Descriptor | undefined {
  if (isIndirect(abi, nr)) return indirectDescriptor(nr);
  return name === undefined ? undefined : descriptor(name, abi);
}
