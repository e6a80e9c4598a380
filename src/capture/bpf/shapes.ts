/** Plans of all calls, with equal ones shared, and the tables by which the programs find them. */
import { type Abi, isIndirect, syscallCount, syscallName } from "../../abi/syscalls.ts";
import { descriptor, indirectDescriptor } from "../../syscalls/index.ts";
import type { Descriptor } from "../../syscalls/types/types.ts";
import { printedNumber } from "../calls.ts";
import { abis, NUMBERS } from "./layout.ts";
import { type PlanOptions, planOf, type Read } from "./plan.ts";
import { NO_RETURN, NO_RETURN_CALLS, type Shapes, TABLE_BYTES, UNWANTED } from "./programs/index.ts";

/** What busy services do all the time, mostly with little memory. */
const FREQUENT = new Set(
  "read write pread64 pwrite64 readv writev recvfrom sendto recvmsg sendmsg epoll_wait poll futex".split(" "),
);

class Shared {
  readonly lists: Read[][] = [[]];
  readonly frequent = new Set<number>();
  private readonly numbers = new Map([["[]", 0]]);

  number(reads: readonly Read[]): number {
    const key = JSON.stringify(reads);
    let n = this.numbers.get(key);
    if (n === undefined) {
      n = this.lists.length;
      this.numbers.set(key, n);
      this.lists.push([...reads]);
    }
    return n;
  }
}

function describe(name: string | undefined, abi: Abi, nr: number): Descriptor | undefined {
  if (isIndirect(abi, nr)) return indirectDescriptor(nr);
  return name === undefined ? undefined : descriptor(name, abi);
}

export interface Compiled {
  /** As the programs' map has them: of each call the entry's number, then the exit's. */
  readonly tables: Uint16Array;
  readonly native: Shapes;
  readonly compat: Shapes;
}

const shapesOf = ({ entry, exit }: { entry: Shared; exit: Shared }): Shapes => ({
  entry: entry.lists,
  exit: exit.lists,
  frequent: { entry: entry.frequent, exit: exit.frequent },
});

/** `memory`: whether anything is to be read at all. */
export function compileShapes(
  wanted: ((abi: Abi, nr: number) => boolean) | undefined,
  options: PlanOptions,
  memory: boolean,
): Compiled {
  const tables = new Uint16Array(TABLE_BYTES / 2);
  const native = { entry: new Shared(), exit: new Shared() };
  const compat = { entry: new Shared(), exit: new Shared() };
  for (const [i, abi] of abis.entries()) {
    const shared = abi === "x86_64" ? native : compat;
    for (let nr = 0; nr < NUMBERS; nr++) {
      const at = 2 * (i * NUMBERS + nr);
      const number = abi === "i386" ? printedNumber(nr) : nr;
      const name = number < syscallCount(abi) ? syscallName(abi, number) : undefined;
      if (wanted && !wanted(abi, number)) tables[at] = UNWANTED;
      else if (name !== undefined && NO_RETURN_CALLS.has(name)) tables[at] = NO_RETURN;
      else if (memory) {
        const plan = planOf(describe(name, abi, nr), abi, options);
        tables[at] = shared.entry.number(plan.entry);
        tables[at + 1] = shared.exit.number(plan.exit);
        if (shared === native && FREQUENT.has(name ?? "")) {
          native.entry.frequent.add(tables[at]);
          native.exit.frequent.add(tables[at + 1]);
        }
      }
    }
  }
  return {
    tables,
    native: shapesOf(native),
    compat: shapesOf(compat),
  };
}
