/** Names and descriptors of calls, looked up once per number. */
import { type Abi, BLIND_MSGRCV, IPCCALLS, isIndirect, SELECT, syscallName } from "../abi/syscalls.ts";
import { descriptor, indirectDescriptor } from "../syscalls/index.ts";
import type { Descriptor } from "../syscalls/types/types.ts";
import type { Call } from "./event.ts";
import { OLD_SELECT, throughOther } from "./indirect.ts";
import type { Memory } from "./memory.ts";

export interface Known {
  readonly name: string;
  readonly descriptor: Descriptor | undefined;
  readonly wanted: boolean;
}

export class CallTable {
  private readonly tables: Record<Abi, (Known | undefined)[]> = {
    x86_64: [],
    i386: [],
    x32: [],
    aarch64: [],
  };

  constructor(private readonly wanted: ((abi: Abi, nr: number) => boolean) | undefined) {}

  lookup(abi: Abi, nr: number): Known {
    const table = this.tables[abi];
    const known = nr >= 0 && nr < 4096 ? table[nr] : undefined;
    return known ?? this.make(abi, nr);
  }

  /** The call behind socketcall, ipc or the old select; undefined if it is none of them, or cannot be read. */
  redirect(call: Call, memory: Memory): Known | undefined {
    const number = call.abi === "i386" ? throughOther(call, memory) : undefined;
    return number === undefined ? undefined : this.indirect(call, number);
  }

  /** Makes a call whose arguments have been fetched already what it is. */
  indirect(call: Call, number: number): Known {
    let known = this.others.get(number);
    if (!known) {
      const nr = printedNumber(number);
      const name = syscallName("i386", nr)!;
      const descriptor = indirectDescriptor(number);
      known = { name, descriptor, wanted: this.wanted?.("i386", nr) ?? true };
      this.others.set(number, known);
    }
    call.nr = printedNumber(number);
    call.name = known.name;
    call.descriptor = known.descriptor;
    return known;
  }
  private readonly others = new Map<number, Known>();

  private make(abi: Abi, nr: number): Known {
    const hole = isIndirect(abi, nr);
    const found = hole ? undefined : syscallName(abi, nr);
    const known = {
      name: found ?? `syscall_0x${hex(abi, nr)}`,
      descriptor: found === undefined ? undefined : descriptor(found, abi),
      wanted: this.wanted?.(abi, hole ? -1 : nr) ?? true,
    };
    if (nr >= 0 && nr < 4096) this.tables[abi][nr] = known;
    return known;
  }
}

/** The number that stands for one of our own. */
export const printedNumber = (nr: number): number => printed.get(nr) ?? nr;

const printed = new Map([
  [SELECT, OLD_SELECT],
  [BLIND_MSGRCV, IPCCALLS + 12],
]);

const X32_BIT = 0x40000000;

/** The number as the caller gave it; a negative one with its sign, as the kernel tells it. */
function hex(abi: Abi, nr: number): string {
  if (nr >= 0) return (abi === "x32" ? nr + X32_BIT : nr).toString(16);
  return `ffffffff${(nr >>> 0).toString(16)}`;
}
