import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("what others write by console.error and warnings comes out", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { build } from "esbuild";
     const r = await build({ entryPoints: ["src/base/stderr.ts"], bundle: true, write: false, format: "esm", platform: "node" });
     const { replaceStderr } = await import("data:text/javascript," + encodeURIComponent(r.outputFiles[0].text));
     replaceStderr();
     console.error("one", 1);
     process.emitWarning("two");
     setTimeout(() => console.log("end"), 50);`,
    ],
    { encoding: "utf8" },
  );
  expect(stderr).toContain("one 1\n");
  expect(stderr).toContain("Warning: two");
  expect([stdout, status]).toEqual(["end\n", 0]);
});
