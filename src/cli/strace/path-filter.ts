/** -P: only calls about certain paths, given by name or through a descriptor. */
import { realpathSync } from "node:fs";
import type { Task } from "../../capture/event.ts";
import type { Memory } from "../../capture/memory.ts";
import { DELETED, fdLink, isDeleted } from "../../kernel/tasks.ts";

const PATH_MAX = 4096;
/** Descriptors of one call that are looked at. */
const MAX_FDS = 1024;
const POLLFD_BYTES = 8;

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
    const { descriptor, args, name } = task.call;
    if (!descriptor) return false;
    const about = (fd: number) => wanted.has(link(task.tid, fd));
    for (const [i, { type }] of descriptor.args.entries()) {
      if ((type.kind === "fd" || type.kind === "dirfd") && about(args[2 * i] | 0)) return true;
      if (type.kind === "path") {
        const at = memory.readString(args[2 * i], args[2 * i + 1], PATH_MAX);
        if (at >= 0 && wanted.has(Buffer.from(memory.bytes.buffer, at, memory.got).toString("utf8")))
          return true;
      }
    }
    if (/^p?poll/.test(name)) return polled(args, memory).some(about);
    return /^(p|_new)?select/.test(name) && selected(args, memory).some(about);
  };
}

/** Descriptors in an array of struct pollfd: its address is the first argument, its length the second. */
function polled(args: Uint32Array, memory: Memory): number[] {
  const count = Math.min(args[2], MAX_FDS);
  const at = memory.read(args[0], args[1], count * POLLFD_BYTES);
  if (at < 0) return [];
  return Array.from({ length: Math.floor(memory.got / POLLFD_BYTES) }, (_, i) =>
    memory.view.getInt32(at + i * POLLFD_BYTES, true),
  );
}

/** Descriptors in up to three struct fd_set, the arguments after their number. */
function selected(args: Uint32Array, memory: Memory): number[] {
  const bytes = Math.ceil(Math.min(args[0], MAX_FDS) / 8);
  const fds: number[] = [];
  for (let arg = 1; arg <= 3; arg++) {
    const at = memory.read(args[2 * arg], args[2 * arg + 1], bytes);
    if (at < 0) continue;
    for (let fd = 0; fd < 8 * memory.got; fd++)
      if ((memory.bytes[at + (fd >> 3)] & (1 << (fd & 7))) !== 0) fds.push(fd);
  }
  return fds;
}

/** What a descriptor is; that of a deleted file is its path still. */
function link(tid: number, fd: number): string {
  const target = fdLink(tid, fd) ?? "";
  return isDeleted(tid, fd, target) ? target.slice(0, -DELETED.length) : target;
}
