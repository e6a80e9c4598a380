// Bundles src/ into dist/: one entry for the program, one for the library, shared lazily loaded chunks. Then bin/svtrace.
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const begun = Date.now();
const { metafile } = await build({
  entryPoints: { main: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
// Chunks of earlier builds go last, and not those of a moment ago: a program that is running may load one still.
const current = new Set(Object.keys(metafile.outputs).map((f) => basename(f)));
for (const file of readdirSync("dist")) {
  const path = join("dist", file);
  if (!current.has(file) && begun - statSync(path).mtimeMs > 60_000)
    rmSync(path, { recursive: true, force: true });
}
// tools/setup compares its age with the sources'.
utimesSync("dist/main.js", begun / 1000, begun / 1000);

const { outputFiles } = await build({
  entryPoints: ["tools/launcher/main.ts"],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const code = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
const { writeLauncher } = await import(code);
writeLauncher("bin/svtrace");
