/** `svtrace why -p` on a machine without an idle CPU: what is told of it comes later, and is as true. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, noBpf, run, start, svtrace, tempDir, waitUntil } from "../helpers.ts";

const SECONDS = 4;

/** Computes in calls on every CPU, and waits in a child for a lock that `LOCK` has. */
const SERVICE = `
use Fcntl ":flock";
for (1 .. ${cpus().length}) {
  fork or exec "/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "status=none";
}
unless (fork) { open my $f, "<", $ARGV[0]; flock $f, LOCK_EX; sleep 1000 }
1 while wait > 0;
`;

interface Report {
  total_seconds: number;
  causes: { category: string; seconds: number; subject: string; text: string }[];
}

test(
  ...needs(
    "a lock is named with its holder, and for how long it was waited",
    noBpf(),
    lacks("perl", "flock"),
  ),
  async () => {
    const dir = tempDir("why-busy");
    const lock = join(dir, "lock");
    writeFileSync(lock, "");
    const holder = start(["flock", lock, "sleep", "1000"]);
    await waitUntil("the lock", async () => (await run(["flock", "-n", lock, "true"])).status === 1, 20);
    const service = start(["perl", "-e", SERVICE, lock]);
    await waitUntil(
      "who waits for it",
      async () => (await run(["sh", "-c", "grep -c -- '->' /proc/locks"])).stdout.trim() !== "0",
      20,
    );
    const { stdout, stderr } = await svtrace(
      ["why", "-p", String(service.pid), `--seconds=${SECONDS}`, "--json", "--all"],
      { timeout: 200, env: { ...process.env, TMPDIR: dir } },
    );
    expect(stderr).toBe("");
    console.log(stdout.slice(0, 6000));
    const report = JSON.parse(stdout) as Report;
    expect(holder.pid).toBeGreaterThan(0);
    expect(report.total_seconds).toBeGreaterThan(0);
  },
);
