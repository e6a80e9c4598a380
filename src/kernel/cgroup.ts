/** Control groups, version 2 (Documentation/admin-guide/cgroup-v2.rst): who belongs to a service, exactly. */
import { mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
  private constructor(readonly dir: string) {}

  /** Makes the group, or takes the one that is there; undefined if that is not allowed here. */
  static make(dir: string): Cgroup | undefined {
    try {
      mkdirSync(dir, { recursive: true });
      // a file of the kernel may have the name
      readFileSync(join(dir, "cgroup.procs"));
      return new Cgroup(dir);
    } catch {
      return undefined;
    }
  }

  /** A group that was made before. */
  static at(dir: string): Cgroup {
    return new Cgroup(dir);
  }

  /** pids of its processes and of those in groups below it. */
  pids(dir = this.dir): number[] {
    const own = read(join(dir, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
    if (dir === this.dir && own.length === 0 && !this.populated) return own;
    return [...own, ...subgroups(dir).flatMap((d) => this.pids(d))].filter((pid) => pid > 0);
  }

  private get populated(): boolean {
    return /^populated 1$/m.test(read(join(this.dir, "cgroup.events")));
  }

  /** KILL to all at once (Linux 5.14); before that one by one, as often as some are left. */
  kill(): void {
    try {
      writeFileSync(join(this.dir, "cgroup.kill"), "1");
    } catch {
      for (const pid of this.pids()) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // it is gone
        }
      }
    }
  }

  /** A descriptor for `ChildScript.spawn`; close it. Undefined if the group has been removed. */
  open(): number | undefined {
    try {
      return openSync(this.dir, O_DIRECTORY);
    } catch {
      return undefined;
    }
  }

  /** Removes the group if nobody is in it, and the one above it. */
  remove(): void {
    try {
      for (const d of subgroups(this.dir)) rmdirSync(d);
      rmdirSync(this.dir);
      rmdirSync(join(this.dir, ".."));
    } catch {
      // somebody is in it
    }
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

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
