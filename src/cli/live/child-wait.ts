/** Which children a call waits for: wait4(2), waitid(2). */
import type { Task } from "../../capture/event.ts";
import { descendants, groupOf, status } from "../../kernel/proc.ts";
import { pidOfFd } from "../../kernel/tasks.ts";

/** linux/wait.h */
const P_PID = 1;
const P_PGID = 2;
const P_PIDFD = 3;

/** Their pids; none where that cannot be known, or they are gone. */
export function awaited({ call, pid, tid }: Task): number[] {
  const [kind, id] = call.name === "waitid" ? [call.args[0], call.args[2] | 0] : byPid(call.args[0] | 0);
  if (kind === P_PID) return [id];
  if (kind === P_PIDFD) return [pidOfFd(tid, id) ?? 0].filter((p) => p > 0);
  const children = descendants(pid).filter((c) => status(c)?.ppid === pid);
  if (kind !== P_PGID) return children;
  const group = id === 0 ? groupOf(pid) : id;
  return children.filter((c) => groupOf(c) === group);
}

/** The first argument of wait4 as the first two of waitid. */
const byPid = (pid: number): [kind: number, id: number] =>
  pid > 0 ? [P_PID, pid] : pid === -1 ? [0, 0] : [P_PGID, -pid];
