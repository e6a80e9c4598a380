/** System call numbers and names of each ABI. */
import { aarch64, i386, x32, x86_64 } from "./generated/syscalls.ts";

export type Abi = "x86_64" | "i386" | "x32" | "aarch64";

/** Numbers below this that x32 does not have are x86-64's all the same: it has its own call for them behind. */
const X32_OWN = 512;

/**
 * Calls of 32-bit x86 that are made through socketcall(2) and ipc(2), by their number there (linux/net.h, linux/ipc.h).
 * In the table they come behind all others, as strace numbers them.
 */
const socketcalls =
  " socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg".split(
    " ",
  );
const ipccalls =
  " semop semget semctl semtimedop       msgsnd msgrcv msgget msgctl       shmat shmdt shmget shmctl".split(
    " ",
  );
export const SOCKETCALLS = 500;
export const IPCCALLS = SOCKETCALLS + socketcalls.length;

/** Numbers of our own: the old select whose arguments are known, and an old msgrcv whose pointer leads nowhere. */
export const SELECT = 560;
export const BLIND_MSGRCV = 561;

const i386All: (string | undefined)[] = [...i386];
for (const [n, name] of socketcalls.entries()) i386All[SOCKETCALLS + n] = name;
for (const [n, name] of ipccalls.entries()) i386All[IPCCALLS + n] = name;

const tables: Readonly<Record<Abi, readonly (string | undefined)[]>> = {
  x86_64,
  i386: i386All,
  x32: x32.map((name, nr) => name || (nr < X32_OWN && x86_64[nr] ? `${x86_64[nr]}#64` : "")),
  aarch64,
};
const numbers = new Map<Abi, Map<string, number>>();

/** The kernel's name of a call; undefined for a hole in the table. x32 numbers come without their bit. */
export function syscallName(abi: Abi, nr: number): string | undefined {
  return tables[abi][nr] || undefined;
}

export function syscallNumber(abi: Abi, name: string): number | undefined {
  let map = numbers.get(abi);
  if (!map) {
    map = new Map();
    for (const [nr, n] of tables[abi].entries()) if (n && !map.has(n)) map.set(n, nr);
    numbers.set(abi, map);
  }
  return map.get(name);
}

/** x32's own calls that take 64-bit arguments: preadv, pwritev, preadv2, pwritev2. */
const X32_WIDE: ReadonlySet<number> = new Set([534, 535, 546, 547]);

/** Whether the kernel looks at the low halves of a call's arguments only. */
export function hasNarrowArgs(abi: Abi, nr: number): boolean {
  return abi === "i386" || (abi === "x32" && nr >= X32_OWN && !X32_WIDE.has(nr));
}

/** The number in the register of a call that has one of those behind all others. */
export function madeThrough(nr: number): number {
  return nr >= IPCCALLS ? 117 : 102;
}

/** Whether a number is none of the kernel's but that of a call made through another. */
export const isIndirect = (abi: Abi, nr: number): boolean => abi === "i386" && nr >= SOCKETCALLS;

/** Every number of an ABI that has a name. */
export function syscallCount(abi: Abi): number {
  return tables[abi].length;
}

/** What a call is but for the width of its times: programs for 32 bits have a second one of many, with times of 64 bits. */
export const withoutTime64 = (name: string): string => name.replace(/_time64$/, "");
