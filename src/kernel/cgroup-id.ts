/** What the kernel's helpers call a cgroup (v2): its id, and how deep it is. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import { sysErrorFrom } from "./node-errors.ts";

export interface CgroupId {
  /** The inode of its directory (kernfs). */
  readonly id: bigint;
  /** 0 is the root of the hierarchy. */
  readonly level: number;
}

/** `path`: a directory in a cgroup2 mount, or below it as /proc/PID/cgroup names it. Throws SysError. */
export function cgroupId(path: string): CgroupId {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((l) => / - cgroup2 /.test(l))
    .map((l) => l.split(" "))
    .map((f) => ({ root: f[3], at: f[4] }));
  const inside = (p: string) => mounts.find((m) => p === m.at || p.startsWith(`${m.at}/`));
  const tries = [path, ...mounts.map((m) => `${m.at}/${path.replace(/^\/+/, "")}`)];
  for (const candidate of tries) {
    try {
      const real = realpathSync(candidate);
      const mount = inside(real);
      if (!mount) continue;
      const depth = (p: string) => p.split("/").filter((x) => x !== "" && x !== "..").length;
      const level = depth(real.slice(mount.at.length)) + depth(mount.root);
      return { id: statSync(real, { bigint: true }).ino, level };
    } catch (error) {
      if (candidate === tries.at(-1)) throw sysErrorFrom(error, `open(${path})`);
    }
  }
  const hint = mounts.length === 0 ? "cgroup v2 is not mounted" : `no cgroup (v2): look in ${mounts[0].at}`;
  throw new SysError(`cgroup ${path}`, 22, "EINVAL", "Invalid argument", hint);
}
