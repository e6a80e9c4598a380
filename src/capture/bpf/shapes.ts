/** Plans of all calls, with equal ones shared, and the tables by which the programs find them. */
import { fillTables, type Wanted } from "./numbers.ts";
import { type PlanOptions, planOf, type Read } from "./plan.ts";
import type { Shapes } from "./programs/index.ts";

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
export function compileShapes(wanted: Wanted, options: PlanOptions, memory: boolean): Compiled {
  const native = { entry: new Shared(), exit: new Shared() };
  const compat = { entry: new Shared(), exit: new Shared() };
  const tables = fillTables(wanted, (tables, at, abi, name, descriptor) => {
    if (!memory) return;
    const shared = abi === "x86_64" ? native : compat;
    const plan = planOf(descriptor, abi, options);
    tables[at] = shared.entry.number(plan.entry);
    tables[at + 1] = shared.exit.number(plan.exit);
    if (shared === native && FREQUENT.has(name ?? "")) {
      native.entry.frequent.add(tables[at]);
      native.exit.frequent.add(tables[at + 1]);
    }
  });
  return {
    tables,
    native: shapesOf(native),
    compat: shapesOf(compat),
  };
}
