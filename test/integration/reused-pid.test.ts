/** The kernel gives a pid to two processes of one lifetime: each is told for itself. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { debian, lacks, needs, notRoot, run, svtrace, svtracePath, tempDir } from "../helpers.ts";

const [name, options] = needs("a pid that is used twice is two processes", notRoot(), lacks("unshare"));
test(name, options, async () => {
  const path = join(tempDir("pid"), "twice.duckdb");
  const script = `sleep 3 & p=$!; wait; echo $((p - 1)) > /proc/sys/kernel/ns_last_pid; /bin/true & echo "$p $!"; wait`;
  const record = [svtracePath, "record", "-o", path, "--", "/bin/sh", "-c", script];
  const { stdout } = await run([debian("unshare")!, "-pf", "--mount-proc", ...record], { timeout: 90 });
  const [, pid] = /^(\d+) \1$/m.exec(stdout)!.map(Number);
  const report = JSON.parse((await svtrace(["why", "--json", path], { timeout: 60 })).stdout);
  const sleep = report.causes.find((c: { category: string }) => c.category === "sleep");
  expect(sleep).toMatchObject({ pid, comm: "sleep", category: "sleep" });
  expect(sleep.seconds).toBeGreaterThan(2.9);
});
