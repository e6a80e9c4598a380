/** What strace says of tasks it begins to trace. */
import type { Task } from "../capture/event.ts";

/** A message of the tracer's own; undefined for the command it started, and a thread that is counted in that of another. */
export function attachText(task: Task, attached: boolean): string | undefined {
  const { tid, parent, attachedThreads: threads } = task;
  if (threads === 0 || (!attached && parent === 0)) return undefined;
  return `Process ${tid} attached${threads > 1 ? ` with ${threads} threads` : ""}`;
}
