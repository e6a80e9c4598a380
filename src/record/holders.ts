/** Who holds the file locks that threads wait for: looked up while they wait, as nobody can tell later. */
import type { Task } from "../capture/event.ts";
import { lockHolder } from "../kernel/locks.ts";
import { commandLine, commOf } from "../kernel/tasks.ts";
import { commandText } from "./describe.ts";

/** `4211 backup --all` for the process that holds the lock `task` waits for in a call with these arguments. */
export function holderOf(task: Task, args: string): string | undefined {
  if (task.call.name === "fcntl" && !args.includes("SETLKW")) return undefined;
  const holder = lockHolder(task.pid);
  if (holder === undefined) return undefined;
  return `${holder} ${commandText(commandLine(holder)) || commOf(holder) || ""}`;
}
