/** Descriptors of cgroups (v2), by which the kernel's helpers know them. */
import { constants, openSync, readFileSync, realpathSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import { sysErrorFrom } from "./node-errors.ts";

/**
 * A descriptor of a cgroup's directory, to be closed by the caller. `path`: a directory in a cgroup2 mount, or below it as
 * /proc/PID/cgroup names it. Throws SysError.
 */
export function openCgroup(path: string): number {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((l) => / - cgroup2 /.test(l))
    .map((l) => l.split(" ")[4]);
  const tries = [path, ...mounts.map((m) => `${m}/${path.replace(/^\/+/, "")}`)];
  for (const candidate of tries) {
    try {
      const real = realpathSync(candidate);
      if (!mounts.some((m) => real === m || real.startsWith(`${m}/`))) continue;
      return openSync(real, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw sysErrorFrom(error, `open(${candidate})`);
    }
  }
  const hint = mounts.length === 0 ? "cgroup v2 is not mounted" : `no cgroup (v2): look in ${mounts[0]}`;
  throw new SysError(`open(${path})`, 2, "ENOENT", "No such file or directory", hint);
}
