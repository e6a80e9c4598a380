/** Control groups, version 2 (Documentation/admin-guide/cgroup-v2.rst): who belongs to a service, exactly. */

import { mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isShortage } from "../base/errors.ts";
import { send } from "./signals.ts";

const O_DIRECTORY = 0o200000;

/** Directory of the version 2 group we are in; undefined where there is none. */
export function ownCgroup(): string | undefined {
  const mount = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(read("/proc/self/mountinfo"));
  const path = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  if (!mount || path === undefined || path.startsWith("/..")) return undefined;
  const [, root, point] = mount;
  const below = root === "/" ? path : path.startsWith(root) ? path.slice(root.length) : undefined;
  return below === undefined ? undefined : join(point.replace(/\\040/g, " "), below);
}

/** One group and what is below it. */
export class Cgroup {
  /**
   * Since Linux 6.13 whoever is cloned into a group (CLONE_INTO_CGROUP) that was once killed is killed too
   * (kernel/cgroup/cgroup.c, kill_seq): such a group is made anew before anybody is started in it.
   */
  private killed: boolean;

  private constructor(
    readonly dir: string,
    killed = false,
  ) {
    this.killed = killed;
  }

  /** Makes the group, or takes the one that is there; undefined if that is not allowed here. */
  static make(dir: string): Cgroup | undefined {
    try {
      const empty = removed(dir);
      mkdirSync(dir, { recursive: true });
      // a file of the kernel may have the name
      readFileSync(join(dir, "cgroup.procs"));
      return new Cgroup(dir, !empty);
    } catch {
      return undefined;
    }
  }

  /** A group that was made before. */
  static at(dir: string): Cgroup {
    return new Cgroup(dir);
  }

  /** pids of its processes and of those in groups below it. Throws for want of descriptors. */
  pids(dir = this.dir): number[] {
    if (dir === this.dir && !this.populated) return [];
    const own = read(join(dir, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
    return [...own, ...subgroups(dir).flatMap((d) => this.pids(d))].filter((pid) => pid > 0);
  }

  private get populated(): boolean {
    return /^populated 1$/m.test(read(join(this.dir, "cgroup.events")));
  }

  /** KILL to all at once (Linux 5.14); before that one by one, as often as some are left. */
  kill(): void {
    this.killed = true;
    try {
      writeFileSync(join(this.dir, "cgroup.kill"), "1");
    } catch {
      for (const pid of this.pids()) send(pid, "SIGKILL");
    }
  }

  /** A descriptor for `ChildScript.spawn`; close it. Undefined if nobody can be started in the group now. */
  open(): number | undefined {
    try {
      if (this.killed) {
        if (!removed(this.dir)) return undefined;
        mkdirSync(this.dir, { recursive: true });
        this.killed = false;
      }
      return openSync(this.dir, O_DIRECTORY);
    } catch {
      return undefined;
    }
  }

  /** Removes the group if nobody is in it, and the one above it. */
  remove(): void {
    if (!removed(this.dir)) return;
    try {
      rmdirSync(join(this.dir, ".."));
    } catch {
      // there are others
    }
  }
}

/** Removes a group and those below it; false if somebody is in it. */
function removed(dir: string): boolean {
  try {
    for (const d of subgroups(dir)) removed(d);
    rmdirSync(dir);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

function subgroups(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((d) => d.isDirectory())
      .map((d) => join(dir, d.name));
  } catch {
    return [];
  }
}

/** Empty if there is no such file. Throws where that cannot be seen: a group must not be taken for empty then. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (isShortage(error)) throw error;
    return "";
  }
}
