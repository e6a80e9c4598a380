/** Fills a task's Call from ptrace's report; names and descriptors are looked up once per number. */
import { type Abi, syscallName } from "../../abi/syscalls.ts";
import * as trace from "../../kernel/ptrace.ts";
import { descriptor } from "../../syscalls/index.ts";
import type { Descriptor } from "../../syscalls/types/types.ts";
import type { Call } from "../event.ts";

const ARCH_X86_64 = 0xc000003e;
const ARCH_I386 = 0x40000003;
const ARCH_AARCH64 = 0xc00000b7;
const X32_BIT = 0x40000000;
const ERRNO_MAX = 4095;

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
      name: found ?? `syscall_0x${(nr < 0 ? nr >>> 0 : nr).toString(16)}`,
      descriptor: found === undefined ? undefined : descriptor(found, abi),
      wanted: this.wanted?.(abi, nr) ?? true,
    };
    if (nr >= 0 && nr < 4096) this.tables[abi][nr] = known;
    return known;
  }
}

/** Takes the entry report into `call`; returns whether the call is wanted. */
export function takeEntry(call: Call, table: CallTable): boolean {
  const w = trace.info.words;
  let nr = w[6] | 0;
  let abi: Abi = "x86_64";
  if (w[1] === ARCH_I386) abi = "i386";
  else if (w[1] === ARCH_AARCH64) abi = "aarch64";
  else if (w[1] === ARCH_X86_64 && nr !== -1 && (nr & X32_BIT) !== 0) {
    abi = "x32";
    nr &= ~X32_BIT;
  }
  const known = table.lookup(abi, nr);
  call.abi = abi;
  call.nr = nr;
  call.name = known.name;
  call.descriptor = known.descriptor;
  call.ipLo = w[2];
  call.ipHi = w[3];
  call.spLo = w[4];
  call.spHi = w[5];
  const { args } = call;
  for (let i = 0; i < 12; i++) args[i] = w[8 + i];
  if (abi === "i386") for (let i = 1; i < 12; i += 2) args[i] = 0;
  return known.wanted;
}

/** Takes the exit report into `call`. */
export function takeExit(call: Call): void {
  const w = trace.info.words;
  call.retLo = w[6];
  call.retHi = w[7];
  const error = trace.isErrorByte() ? -(w[6] | 0) : 0;
  call.error = error > 0 && error <= ERRNO_MAX ? error : 0;
}
