import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

function counts(statuses: string[], vitest = 0, suite = "passed") {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-counts-"));
  const file = join(dir, "report.json");
  const assertionResults = statuses.map((status, n) => ({ status, fullName: `test ${n}` }));
  writeFileSync(
    file,
    JSON.stringify({ testResults: [{ name: "a", status: suite, message: "", assertionResults }] }),
  );
  const { stdout, status } = spawnSync("node", ["tools/test-counts.mjs", file, String(vitest)], {
    encoding: "utf8",
  });
  rmSync(dir, { recursive: true });
  return { last: stdout.trimEnd().split("\n").at(-1), status };
}

test("the last line counts, and failure is failure", () => {
  expect(counts(["passed", "passed"])).toEqual({ last: "2 passed, 0 failed", status: 0 });
  expect(counts(["passed", "failed"], 1)).toEqual({ last: "1 passed, 1 failed", status: 1 });
  expect(counts(["passed", "pending"])).toEqual({ last: "1 passed, 0 failed, 1 skipped", status: 0 });
});

test("no tests, a file that does not load, and errors outside tests are failures", () => {
  expect(counts([])).toEqual({ last: "0 passed, 0 failed", status: 1 });
  expect(counts(["passed"], 1, "failed")).toEqual({ last: "1 passed, 1 failed", status: 1 });
  expect(counts(["passed"], 1)).toEqual({ last: "1 passed, 1 failed", status: 1 });
});
