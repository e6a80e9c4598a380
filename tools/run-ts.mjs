// Runs one TypeScript file: bundles it with esbuild into memory on disk beside the project, then imports it.
import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const [file, ...rest] = process.argv.slice(2);
const dir = mkdtempSync(
  join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../node_modules/.run-"),
);
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
const out = join(dir, "main.mjs");
await build({
  entryPoints: [file],
  outfile: out,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
process.argv = [process.argv[0], resolve(file), ...rest];
await import(pathToFileURL(out).href);
