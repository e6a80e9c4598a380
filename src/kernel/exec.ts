/** Becoming another program: execve(2) in place, undoing what Node did to this process when it started. */
import { realpathSync } from "node:fs";
import { inheritedFds, setCloseOnExec } from "./fds.ts";
import { errno, libc, sysError } from "./ffi.ts";
import type { FinalLimit } from "./final.ts";
import { CStringArray, cString } from "./memory.ts";
import { setDefault } from "./own-signals.ts";
import { openFilesLimit } from "./proc.ts";
import { environment } from "./spawn.ts";

const execve = libc("int execve(const void *path, uintptr_t argv, uintptr_t envp)");
const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");

const SIGPIPE = 13;
const SIGXFSZ = 25;
const RLIMIT_NOFILE = 7;
const RLIM_INFINITY = 0xffffffffffffffffn;

/** Where a program of ours that execs another leaves the soft limit: PID:SOFT, true for that process only. */
const HANDED_DOWN = "SVTRACE_NOFILE";

/**
 * The limit on open files a child should get. Node raises the soft one to the hard one when it starts, so it is what
 * the program of ours before us in the same process had, else our parent's. Never above our own hard limit, which
 * only shrinks.
 */
export function parentsFileLimit(): readonly [soft: bigint, hard: bigint] | undefined {
  const own = openFilesLimit("self");
  const [pid, handed] = (process.env[HANDED_DOWN] ?? "").split(":");
  const soft = pid === String(process.pid) ? BigInt(handed) : wordOf(openFilesLimit(process.ppid)?.soft);
  if (!own || soft === undefined) return undefined;
  const hard = wordOf(own.hard)!;
  return [soft < hard ? soft : hard, hard];
}

const wordOf = (n: number | undefined): bigint | undefined =>
  n === undefined ? undefined : Number.isFinite(n) ? BigInt(n) : RLIM_INFINITY;

/** The environment without what is ours in it, and with it when `path` is a program of ours again. */
export function handDown(
  env: readonly Uint8Array[],
  path: Uint8Array,
  limits: readonly FinalLimit[] = [],
): readonly Uint8Array[] {
  const prefix = Buffer.from(`${HANDED_DOWN}=`);
  const rest = env.filter((e) => prefix.compare(e, 0, Math.min(e.length, prefix.length)) !== 0);
  if (!isOurs(path)) return rest;
  const soft = limits.findLast((l) => l.resource === RLIMIT_NOFILE)?.soft ?? getSoftFileLimit();
  return [...rest, Buffer.from(`${HANDED_DOWN}=${process.pid}:${soft}`)];
}

function isOurs(path: Uint8Array): boolean {
  try {
    return realpathSync(Buffer.from(path)) === realpathSync(process.argv[1]);
  } catch {
    return false;
  }
}

function getSoftFileLimit(): bigint {
  const limit = new BigUint64Array(2);
  prlimit(0, RLIMIT_NOFILE, null, limit);
  return limit[0];
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
