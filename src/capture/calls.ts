/** Names and descriptors of calls, looked up once per number. */
import { type Abi, syscallName } from "../abi/syscalls.ts";
import { descriptor } from "../syscalls/index.ts";
import type { Descriptor } from "../syscalls/types/types.ts";

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

  private make(abi: Abi, nr: number): Known {
    const found = syscallName(abi, nr);
    const known = {
      name: found ?? `syscall_0x${hex(abi, nr)}`,
      descriptor: found === undefined ? undefined : descriptor(found, abi),
      wanted: this.wanted?.(abi, nr) ?? true,
    };
    if (nr >= 0 && nr < 4096) this.tables[abi][nr] = known;
    return known;
  }
}

/** A negative number as wide as the ABI's registers. */
function hex(abi: Abi, nr: number): string {
  if (nr >= 0) return nr.toString(16);
  return (abi === "i386" ? "" : "ffffffff") + (nr >>> 0).toString(16);
}
