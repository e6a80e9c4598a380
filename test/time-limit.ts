/** A command that a test waits for synchronously fails its test when it hangs: vitest's own limit would never be looked at. */
import childProcess, { type SpawnSyncOptions } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/** ms; more than any one command takes. */
const LIMIT = 300_000;

const limited =
  (original: (file: string, args: readonly string[], options: SpawnSyncOptions) => unknown) =>
  (file: string, ...rest: unknown[]) => {
    const [args, given] = (Array.isArray(rest[0]) || rest[0] === undefined ? rest : [[], ...rest]) as [
      args?: string[],
      given?: SpawnSyncOptions,
    ];
    if (given?.timeout !== undefined) return original(file, args ?? [], given);
    const options: SpawnSyncOptions = { ...given, timeout: LIMIT, killSignal: "SIGKILL" };
    const result = original(file, args ?? [], options);
    const error = (result as { error?: NodeJS.ErrnoException } | null)?.error;
    if (error?.code === "ETIMEDOUT") {
      throw new Error(`${[file, ...(args ?? [])].join(" ")}: not finished after ${LIMIT} ms`);
    }
    return result;
  };

Object.assign(childProcess, {
  spawnSync: limited(childProcess.spawnSync as never),
  execFileSync: limited(childProcess.execFileSync as never),
});
syncBuiltinESMExports();
