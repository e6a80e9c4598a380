/** What strace says of tasks it begins to trace. */
import type { Task } from "../capture/event.ts";

/** A message of the tracer's own; undefined for a thread that is counted in that of another. */
export function attachText({ tid, attachedThreads: threads }: Task): string | undefined {
  if (threads === 0) return undefined;
  return `Process ${tid} attached${threads > 1 ? ` with ${threads} threads` : ""}`;
}
