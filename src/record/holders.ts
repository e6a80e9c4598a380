/** Who holds the locks that threads wait for: looked up while they wait, as nobody can tell later. */
import { existsSync } from "node:fs";
import type { Task } from "../capture/event.ts";
import { LiveMemory } from "../capture/live-memory.ts";
import { lockHolder } from "../kernel/locks.ts";
import { commandLine, commOf } from "../kernel/tasks.ts";
import { commandText } from "./describe.ts";

/** Operations of futex(2) that wait: FUTEX_WAIT, WAIT_BITSET, LOCK_PI, LOCK_PI2. */
const FUTEX_WAITS: Readonly<Record<number, "mutex" | "pi">> = { 0: "mutex", 9: "mutex", 6: "pi", 13: "pi" };
/** Without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
const FUTEX_OP = 0x7f;
/** Of struct __pthread_mutex_s behind the futex word (glibc's nptl): the owner's tid, and the word when others wait. */
const OWNER_OFFSET = 8;
const CONTENDED = 2;
const FUTEX_TID = 0x3fffffff;
const F_OFD_SETLKW = 38;
const memory = new LiveMemory();

/** What a thread waits for in futex(2). */
export interface FutexWait {
  /** A lock with priority inheritance, whose word is its owner. */
  readonly pi: boolean;
  readonly readable: boolean;
  /** The thread of the same process that has the lock, where it can be told. */
  readonly owner: number | undefined;
}

/** Undefined when the task's call does not wait. */
export function futexWait({ tid, pid, call: { args } }: Task): FutexWait | undefined {
  const kind = FUTEX_WAITS[args[2] & FUTEX_OP];
  if (kind === undefined) return undefined;
  const pi = kind === "pi";
  memory.at(tid);
  const at = memory.readAll(args[0], args[1], OWNER_OFFSET + 4);
  if (at < 0) return { pi, readable: false, owner: undefined };
  const word = memory.view.getUint32(at, true);
  const owner = pi ? word & FUTEX_TID : memory.view.getUint32(at + OWNER_OFFSET, true);
  // a tid of another pid namespace is taken for none
  const held = (pi || word === CONTENDED) && owner !== tid && isThread(pid, owner);
  return { pi, readable: true, owner: held ? owner : undefined };
}

const isThread = (pid: number, tid: number): boolean => tid > 0 && existsSync(`/proc/${pid}/task/${tid}`);

/** Pid of the process that holds the file lock `task` waits for in flock(2) or fcntl(2). */
export function fileLockHolder({ pid, tid, call: { name, args } }: Task): number | undefined {
  return lockHolder(pid, tid, args[0] | 0, name !== "flock" && args[2] === F_OFD_SETLKW);
}

/** `4211 backup --all` for the process that holds the file lock `task` waits for in a call with these arguments. */
export function holderOf(task: Task, args: string): string | undefined {
  if (task.call.name === "fcntl" && !args.includes("SETLKW")) return undefined;
  const holder = fileLockHolder(task);
  if (holder === undefined) return undefined;
  return `${holder} ${commandText(commandLine(holder)) || commOf(holder) || ""}`;
}
