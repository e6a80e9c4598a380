/** Becoming another program: execve(2) in place, undoing what Node did to this process when it started. */
import { readFileSync } from "node:fs";
import { inheritedFds, setCloseOnExec } from "./fds.ts";
import { errno, libc, sysError } from "./ffi.ts";
import { CStringArray, cString } from "./memory.ts";
import { environment } from "./spawn.ts";

const execve = libc("int execve(const void *path, uintptr_t argv, uintptr_t envp)");
const sigaction = libc("int sigaction(int sig, void *act, void *old)");
const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");

const SIGPIPE = 13;
const RLIMIT_NOFILE = 7;

/** Soft and hard limit on open files of our parent: Node raises its own soft one when it starts. */
export function parentsFileLimit(): readonly [soft: bigint, hard: bigint] | undefined {
  try {
    const m = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${process.ppid}/limits`, "latin1"));
    const value = (s: string) => (s === "unlimited" ? 0xffffffffffffffffn : BigInt(s));
    return m ? [value(m[1]), value(m[2])] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces this process by `path`, same pid. Descriptors we were started with stay open; SIGPIPE, which Node
 * ignores, is restored. Returns only by throwing SysError.
 */
export function replaceProcess(
  path: string | Uint8Array,
  argv: readonly (string | Uint8Array)[],
  env: readonly (string | Uint8Array)[] = environment(),
  ours: ReadonlySet<number> = new Set(),
): never {
  sigaction(SIGPIPE, new BigUint64Array(19), null);
  const limit = parentsFileLimit();
  if (limit) prlimit(0, RLIMIT_NOFILE, BigUint64Array.of(...limit), null);
  for (const fd of inheritedFds(ours)) setCloseOnExec(fd, false);
  const args = new CStringArray(argv);
  const vars = new CStringArray(env);
  const file = cString(path);
  execve(file, args.address, vars.address);
  const code = errno();
  throw sysError(`execve(${path})`, code);
}
