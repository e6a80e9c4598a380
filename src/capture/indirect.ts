/**
 * Calls of 32-bit x86 whose arguments are in memory: socketcall(2), ipc(2), the old select(2). As in strace the call
 * that is meant takes their place. The bpf engine does the same in the kernel (bpf/programs/indirect.ts).
 */
import { BLIND_MSGRCV, IPCCALLS, SELECT, SOCKETCALLS } from "../abi/syscalls.ts";
import type { Call } from "./event.ts";
import type { Memory } from "./memory.ts";

export const OLD_SELECT = 82;
export const SOCKETCALL = 102;
export const IPC = 117;
export const MSGRCV = 12;
const SHMAT = 21;
/** Index of the address of shmat's result among its arguments. */
const SHMAT_RESULT = 3;
export const SELECT_ARGS = 5;

/** How many arguments each of socketcall's calls takes. */
export const socketArgs: readonly number[] = [0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4, 6, 6, 2, 5, 5, 3, 3, 4, 5, 4];

/** Which of ipc's six arguments are those of its calls, in their order. */
export const ipcArgs: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [1, 4, 2]],
  [2, [1, 2, 3]],
  [3, [1, 2, 3, 4]],
  [4, [1, 4, 2, 5]],
  [11, [1, 4, 2, 3]],
  [12, [1, 4, 2, 5, 3]],
  [13, [1, 2]],
  [14, [1, 2, 4]],
  // the address comes back where the third argument points to
  [21, [1, 4, 2, 3]],
  [22, [4]],
  [23, [1, 2, 3]],
  [24, [1, 2, 4]],
]);

/** What a call made through another is, and where its arguments are; undefined if there is none, or no arguments. */
export function throughOther(call: Call, memory: Memory): number | undefined {
  const { args, nr } = call;
  if (nr === SOCKETCALL) {
    const number = args[0];
    const count = socketArgs[number] ?? 0;
    return count > 0 && load(args, memory, args[2], count) ? SOCKETCALLS + number : undefined;
  }
  if (nr === OLD_SELECT) return load(args, memory, args[0], SELECT_ARGS) ? SELECT : undefined;
  const places = nr === IPC ? ipcArgs.get(args[0] & 0xffff) : undefined;
  if (!places) return undefined;
  const number = IPCCALLS + (args[0] & 0xffff);
  const old = number === IPCCALLS + MSGRCV && args[0] >>> 16 === 0;
  const values = places.map((place) => args[2 * place]);
  if (old) {
    const at = memory.readAll(values[1], 0, 8);
    if (at < 0) values.splice(3, 1);
    else {
      values[3] = memory.view.getUint32(at + 4, true);
      values[1] = memory.view.getUint32(at, true);
    }
    put(args, values);
    return at < 0 ? BLIND_MSGRCV : number;
  }
  put(args, values);
  return number;
}

/** What an shmat made through ipc gives is where its third argument points to. */
export function fetchResult(call: Call, memory: Memory): void {
  if (call.nr !== IPCCALLS + SHMAT || call.abi !== "i386" || call.error !== 0) return;
  const at = memory.readAll(call.args[2 * SHMAT_RESULT], 0, 4);
  if (at >= 0) call.retLo = memory.view.getUint32(at, true);
}

function load(args: Uint32Array, memory: Memory, address: number, count: number): boolean {
  const at = memory.readAll(address, 0, 4 * count);
  if (at < 0) return false;
  put(
    args,
    Array.from({ length: count }, (_, i) => memory.view.getUint32(at + 4 * i, true)),
  );
  return true;
}

function put(args: Uint32Array, values: readonly number[]): void {
  args.fill(0);
  for (const [i, value] of values.entries()) args[2 * i] = value;
}
