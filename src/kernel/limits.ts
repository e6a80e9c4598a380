/** Resource limits of this process (setrlimit(2)). */
import { check, libc } from "./ffi.ts";
import { inherited } from "./inherited.ts";

const prlimit = libc("int prlimit(int pid, int resource, void *limit, void *old)");

/** RLIMIT_* numbers of x86-64 and arm64, by the word behind RLIMIT_. */
export const resources = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
} as const;

export type Resource = keyof typeof resources;

export interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Bytes, seconds or counts, as setrlimit(2) has them. Throws SysError. */
export function getLimit(resource: Resource): Limit {
  const limit = new BigUint64Array(2);
  check(prlimit(0, resources[resource], null, limit), `prlimit(${resource})`);
  return { soft: limit[0], hard: limit[1] };
}

/** The limit on open files for others: Node raised its soft limit to the hard one, which may have shrunk since. Undefined if we do not know. */
export function inheritedFileLimit(): Limit | undefined {
  if (!inherited) return undefined;
  const { hard } = getLimit("NOFILE");
  const soft: bigint = inherited.fileLimit;
  return { soft: soft < hard ? soft : hard, hard };
}
