/** The demo: its report names what really happened, with durations within 10 %. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lacks, needs, root, run } from "../helpers.ts";

test(...needs("npm run demo", lacks("perl")), async () => {
  const { stdout, stderr, status } = await run([join(root, "tools/demo")], { timeout: 55, cwd: root });
  const dir = /^report: +(.*)\/why\.json$/m.exec(stdout)?.[1];
  onTestFinished(() => {
    if (dir) rmSync(dir, { recursive: true, force: true });
  });
  expect(stderr).not.toContain("demo:");
  expect(stdout).not.toContain("WRONG");
  expect(status, stdout).toBe(0);
  expect(stdout.match(/ ok$/gm)).toHaveLength(4);
});
