/** Fills a task's Call from ptrace's report. */
import { type Abi, hasNarrowArgs } from "../../abi/syscalls.ts";
import * as trace from "../../kernel/ptrace.ts";
import type { CallTable } from "../calls.ts";
import type { Call } from "../event.ts";
import type { Memory } from "../memory.ts";

const ARCH_X86_64 = 0xc000003e;
const ARCH_I386 = 0x40000003;
const ARCH_AARCH64 = 0xc00000b7;
const X32_BIT = 0x40000000;
const ERRNO_MAX = 4095;

/** Takes the entry report into `call`; returns whether the call is wanted. */
export function takeEntry(call: Call, table: CallTable, memory: Memory): boolean {
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
  if (!hasNarrowArgs(abi, nr)) return known.wanted;
  for (let i = 1; i < 12; i += 2) args[i] = 0;
  return (table.redirect(call, memory) ?? known).wanted;
}

/** Takes the exit report into `call`. */
export function takeExit(call: Call): void {
  const w = trace.info.words;
  call.retLo = w[6];
  call.retHi = w[7];
  const error = trace.isErrorByte() ? -(w[6] | 0) : 0;
  call.error = error > 0 && error <= ERRNO_MAX ? error : 0;
}
