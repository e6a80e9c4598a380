/** Becoming another program: execve(2) in place, undoing what Node did to this process when it started. */
import { inheritedFds, setCloseOnExec } from "./fds.ts";
import { errno, libc, sysError } from "./ffi.ts";
import { CStringArray, cString } from "./memory.ts";
import { openFilesLimit } from "./proc.ts";
import { setDefault } from "./signals.ts";
import { environment } from "./spawn.ts";

const execve = libc("int execve(const void *path, uintptr_t argv, uintptr_t envp)");
const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");

const SIGPIPE = 13;
const SIGXFSZ = 25;
const RLIMIT_NOFILE = 7;
const RLIM_INFINITY = 0xffffffffffffffffn;

/**
 * The limit on open files a child should get: our parent's soft one, because Node raises its own to the hard one
 * when it starts. Never above our own hard limit, which only shrinks.
 */
export function parentsFileLimit(): readonly [soft: bigint, hard: bigint] | undefined {
  const own = openFilesLimit("self");
  const parent = openFilesLimit(process.ppid);
  if (!own || !parent) return undefined;
  const word = (n: number) => (Number.isFinite(n) ? BigInt(n) : RLIM_INFINITY);
  const hard = word(own.hard);
  const soft = word(parent.soft);
  // biome-ignore lint/complexity/useMathMinMax: Math has no minimum of bigints
  return [soft < hard ? soft : hard, hard];
}

/** Gives up the raised limit on open files. */
export function restoreFileLimit(): void {
  const limit = parentsFileLimit();
  if (limit) prlimit(0, RLIMIT_NOFILE, BigUint64Array.of(...limit), null);
}

/** Back to the default disposition, which Node changed: it would be inherited. */
export function restoreSignals(): void {
  for (const signal of [SIGPIPE, SIGXFSZ]) setDefault(signal);
}

/**
 * Replaces this process by `path`, same pid. Descriptors we were started with stay open; SIGPIPE and SIGXFSZ, which
 * Node ignores, are restored. Returns only by throwing SysError.
 */
export function replaceProcess(
  path: string | Uint8Array,
  argv: readonly (string | Uint8Array)[],
  env: readonly (string | Uint8Array)[] = environment(),
  ours: ReadonlySet<number> = new Set(),
): never {
  restoreSignals();
  restoreFileLimit();
  for (const fd of inheritedFds(ours)) setCloseOnExec(fd, false);
  const args = new CStringArray(argv);
  const vars = new CStringArray(env);
  const file = cString(path);
  execve(file, args.address, vars.address);
  const code = errno();
  // only their addresses were passed: they must live until here
  keepAlive(args, vars);
  throw sysError(`execve(${path})`, code);
}

function keepAlive(...values: readonly unknown[]): void {
  kept = values;
}
let kept: readonly unknown[] = [];
void kept;
