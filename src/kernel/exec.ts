/** Becoming another program: execve(2) in place. */
import { closesOnExec, inheritedFds, setCloseOnExec } from "./fds.ts";
import { sysError } from "./ffi.ts";
import { limitAndExec } from "./final.ts";
import { CStringArray, cString } from "./memory.ts";
import { environment } from "./spawn.ts";

/**
 * Replaces this process by `path`, same pid. It finds descriptors, signals and limits as we did. `beforeExec` is for what
 * would hurt this process: another account. Returns only by throwing SysError.
 */
export function replaceProcess(
  path: string | Uint8Array,
  argv: readonly (string | Uint8Array)[],
  env: readonly (string | Uint8Array)[] = environment(),
  ours: ReadonlySet<number> = new Set(),
  beforeExec?: () => void,
): never {
  const passed = inheritedFds(ours).filter(closesOnExec);
  beforeExec?.();
  for (const fd of passed) setCloseOnExec(fd, false);
  const args = new CStringArray(argv);
  const vars = new CStringArray(env);
  const code = limitAndExec([], cString(path), args.address, vars.address);
  // only their addresses were passed: they must live until here
  kept = [args, vars];
  for (const fd of passed) setCloseOnExec(fd, true);
  throw sysError(`execve(${path})`, code);
}

let kept: readonly unknown[] = [];
void kept;
