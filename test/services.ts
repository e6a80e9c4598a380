/** Service directories, and supervisors of them. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { readExtended } from "../src/supervise/extended.ts";
import { debian, start, svtracePath, waitUntil } from "./helpers.ts";

const RUN = "#!/bin/sh\nexec sleep 1000\n";

/** A service with these files, all of them executable; one that sleeps if there is no `run`. */
export function service(
  scan: string,
  name: string,
  { run = RUN, ...files }: Readonly<Record<string, string>> = {},
): string {
  const dir = join(scan, name);
  for (const [file, text] of Object.entries({ run, ...files })) {
    const path = join(dir, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }
  return dir;
}

/** The pid of a service's process if it is up, else 0: of one look at its state, which may change between two. */
export function upPid(dir: string): number {
  const e = readExtended(dir);
  return e?.state === "up" ? e.pid : 0;
}

/** What is put before a command that is to find no cgroups; none where it finds them all the same. */
export const withoutCgroups: readonly string[] =
  process.getuid?.() === 0 && debian("unshare") !== undefined
    ? ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
    : [];

/** Starts a supervisor; what it says is collected. */
export function supervisor(...argv: string[]) {
  const child = start(argv);
  let stderr = "";
  child.stderr!.setEncoding("latin1").on("data", (d) => {
    stderr += d;
  });
  return { child, stderr: () => stderr };
}

/** Starts `svtrace up`, ends it (and its services, in order) with the test; what it says is collected. */
export function up(scan: string, ...prefix: string[]): { pid: number; said: () => string } {
  const child = start([...prefix, svtracePath, "up", scan]);
  let text = "";
  child.stderr!.on("data", (d) => {
    text += d;
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await waitUntil("svtrace up to end", () => child.exitCode !== null || child.signalCode !== null, 40);
  });
  return { pid: child.pid!, said: () => text };
}
