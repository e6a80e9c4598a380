/** The parts of a call's record that need more than copying. */

import type { Abi } from "../../abi/syscalls.ts";
import { textOf } from "../../base/bytes.ts";
import type { CallTable } from "../calls.ts";
import type { Call } from "../event.ts";
import * as L from "./layout.ts";
import type { RecordMemory } from "./record-memory.ts";
import { OLDMASK, SIGRETURN_MASK, SIGRETURN_MASK_IA32 } from "./special-reads.ts";

const ERRNO_MAX = 4095;
const MAX_ARGV = 64;

/** Says what call a record is about: `abi` is its byte. */
export function identify(call: Call, calls: CallTable, abi: number, nr: number): Abi {
  call.abi = L.abis[abi] ?? "i386";
  if (abi === L.ABI_I386_INDIRECT) {
    calls.indirect(call, nr);
    return call.abi;
  }
  const known = calls.lookup(call.abi, nr);
  call.nr = nr;
  call.name = known.name;
  call.descriptor = known.descriptor;
  return call.abi;
}

export function takeResult(call: Call, lo: number, given: number): void {
  const hi = call.abi === "i386" && (lo | 0) < 0 ? 0xffffffff : given;
  call.retLo = lo;
  call.retHi = given;
  const error = hi === 0xffffffff ? -(lo | 0) : 0;
  call.error = error > 0 && error <= ERRNO_MAX ? error : 0;
}

/** The signal frame was read at a known distance from the stack pointer; records have no room for the pointer itself. */
export function takeStack(call: Call, w: Uint32Array, segment: number): void {
  const native = call.abi === "i386" ? SIGRETURN_MASK_IA32 : SIGRETURN_MASK;
  const low = w[segment] - (call.name === "sigreturn" ? OLDMASK : native);
  call.spLo = low >>> 0;
  call.spHi = w[segment + 1] - (low < 0 ? 1 : 0);
}

/** The arguments of an execve or execveat. */
export function argvOf(call: Call, memory: RecordMemory): string[] | undefined {
  const word = call.abi === "x86_64" ? 8 : 4;
  const i = call.name === "execveat" ? 2 : 1;
  const lo = call.args[2 * i];
  const hi = call.args[2 * i + 1];
  const argv: string[] = [];
  for (let n = 0; n < MAX_ARGV; n++) {
    const at = memory.readAll(lo + word * n, hi, word);
    if (at < 0) return n === 0 ? undefined : argv;
    const text = memory.readString(
      memory.view.getUint32(at, true),
      word === 8 ? memory.view.getUint32(at + 4, true) : 0,
      4096,
    );
    if (text < 0) break;
    argv.push(textAt(memory.bytes, text, memory.got));
  }
  return argv;
}

/** Text of `n` bytes, as base/bytes.ts has it. */
export function textAt(bytes: Uint8Array, at: number, n: number): string {
  return textOf(bytes.slice(at, at + n));
}
