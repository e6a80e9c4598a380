/** A directory on a slow disk: a pass-through FUSE file system that delays chosen operations. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { compiled, lacks, notRoot, run, which } from "../helpers.ts";
import { favoured, type World, waitUntil } from "./world.ts";

export type Operation = "lookup" | "open" | "read" | "write" | "fsync";

export function noSlowFs(): string {
  if (notRoot() !== "") return notRoot();
  if (!existsSync("/dev/fuse")) return "no /dev/fuse";
  if (spawnSync("pkg-config", ["--exists", "fuse3"]).status !== 0) return "libfuse3-dev not installed";
  return lacks("gcc", "pkg-config");
}

export class SlowFs {
  private constructor(
    readonly mount: string,
    private readonly control: string,
  ) {}

  /** Mounts over `dir` what is in it; what is created there belongs to `owner`. */
  static async over(world: World, dir: string, owner = "root"): Promise<SlowFs> {
    mkdirSync(dir, { recursive: true });
    const flags = spawnSync("pkg-config", ["--cflags", "--libs", "fuse3"], { encoding: "utf8" }).stdout;
    const program = compiled("slowfs", "-Wl,--no-as-needed", ...flags.trim().split(/\s+/));
    const control = `${world.dir}/slowfs-${statSync(dir).ino}`;
    writeFileSync(control, Buffer.alloc(128));
    const before = statSync(dir).dev;
    const child = world.spawn([...favoured(), program, control, dir, owner]);
    await waitUntil("the slow file system is mounted", () => {
      if (child.exitCode !== null) throw new Error("slowfs ended");
      return statSync(dir).dev !== before;
    });
    world.defer(async () => {
      await run([which("umount")!, "-l", dir]);
    });
    return new SlowFs(dir, control);
  }

  /** Seconds each operation of a kind takes longer from now on. */
  delay(operation: Operation, seconds: number): void {
    const words = readFileSync(this.control);
    words.writeBigUInt64LE(BigInt(Math.round(seconds * 1e9)), 16 * SlowFs.index(operation));
    words.writeBigUInt64LE(0n, 16 * SlowFs.index(operation) + 8);
    writeFileSync(this.control, words, { flag: "r+" });
  }

  /** Seconds that operations of a kind have been delayed since `delay` was called. */
  delayed(operation: Operation): number {
    return Number(readFileSync(this.control).readBigUInt64LE(16 * SlowFs.index(operation) + 8)) / 1e9;
  }

  private static index(operation: Operation): number {
    return ["lookup", "open", "read", "write", "fsync"].indexOf(operation);
  }
}
