import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("a program that ends while a thread loads a native module does not abort", async () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-thread-"));
  const library = createRequire(import.meta.url).resolve("koffi");
  await build({
    entryPoints: ["src/base/thread.ts"],
    outfile: join(dir, "thread.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
  });
  writeFileSync(
    join(dir, "child.mjs"),
    `import { createRequire } from "node:module";
     import { asThread, leaveNative, enterNative } from "./thread.mjs";
     asThread("test", ({ began }) => {
       if (!enterNative()) return;
       Atomics.store(began, 0, 1);
       createRequire(import.meta.url)(${JSON.stringify(library)});
       leaveNative();
     });`,
  );
  writeFileSync(
    join(dir, "main.mjs"),
    `import { startThread } from "./thread.mjs";
     const began = new Int32Array(new SharedArrayBuffer(4));
     startThread("child.mjs", import.meta.url, { role: "test", began }, { error: (e) => console.error(e) });
     while (Atomics.load(began, 0) === 0);
     const end = performance.now() + Number(process.argv[2]);
     while (performance.now() < end);
     process.exit(7);`,
  );
  // without waiting one in ten of them aborts
  for (let delay = 0; delay < 12; delay += 0.4) {
    const r = spawnSync(process.execPath, [join(dir, "main.mjs"), String(delay)], { encoding: "utf8" });
    expect([r.status, r.signal, r.stderr], `after ${delay} ms`).toEqual([7, null, ""]);
  }
  rmSync(dir, { recursive: true });
});
