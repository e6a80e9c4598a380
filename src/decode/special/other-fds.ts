/** Descriptors of another process: those of kcmp(2) and pidfd_getfd(2). */
import type { Context } from "../context.ts";
import { registerValue } from "../walker.ts";

/** The argument that says whose a descriptor is: a process id or a pidfd. */
interface Owner {
  readonly pid?: string;
  readonly pidfd?: string;
}

function ownerOf(c: Context, { pid, pidfd }: Owner): number {
  if (pid !== undefined) return c.argLo(c.index(pid)) | 0;
  if (pidfd === undefined) return 0;
  return c.options.pidfdProcess?.(c.task.tid, c.argLo(c.index(pidfd)) | 0) ?? 0;
}

registerValue("fd_of", (data) => {
  const owner = data as Owner;
  const print = (c: Context, fd: number) => {
    const pid = c.options.fdText ? ownerOf(c, owner) : 0;
    c.sink.fd(fd, pid > 0 ? c.options.fdText?.(pid, fd) : undefined);
  };
  return {
    size: () => 4,
    value: (c, lo) => print(c, lo | 0),
    memory: (c, at) => print(c, c.memory.view.getInt32(at, true)),
  };
});
