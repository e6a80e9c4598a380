/** -P: only calls about certain paths, given by name or through a descriptor. */
import { readlinkSync, realpathSync } from "node:fs";
import type { Task } from "../../capture/event.ts";
import type { Memory } from "../../capture/memory.ts";

const PATH_MAX = 4096;

/** Undefined when no path is given: everything passes. */
export function pathFilter(paths: readonly string[]): ((task: Task, memory: Memory) => boolean) | undefined {
  if (paths.length === 0) return undefined;
  const wanted = new Set(paths);
  for (const p of paths) {
    try {
      wanted.add(realpathSync(p));
    } catch {
      // a path that does not exist yet is compared as given
    }
  }
  return (task, memory) => {
    const { descriptor, args } = task.call;
    if (!descriptor) return false;
    for (const [i, { type }] of descriptor.args.entries()) {
      if (type.kind === "fd" && wanted.has(link(task.tid, args[2 * i] | 0))) return true;
      if (type.kind === "path") {
        const at = memory.readString(args[2 * i], args[2 * i + 1], PATH_MAX);
        if (at >= 0 && wanted.has(Buffer.from(memory.bytes.buffer, at, memory.got).toString("utf8")))
          return true;
      }
    }
    return false;
  };
}

function link(tid: number, fd: number): string {
  try {
    return readlinkSync(`/proc/${tid}/fd/${fd}`);
  } catch {
    return "";
  }
}
