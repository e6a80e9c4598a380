// Bundles src/ into dist/ and writes bin/svtrace. The library and most programs share lazily loaded chunks; the programs
// whose start matters are in bundles of one file each, with the code V8 makes of it (src/cli/bundle.ts).
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const begun = Date.now();
/** Bundles whose code is kept, and what makes V8 compile what is usually run. */
const precompiled = {
  "tools.cjs": ["svok", "/nonexistent"],
  "tracers.cjs": ["strace", "-f", "-o", "/dev/null", "/bin/sh", "-c", "/bin/ls / | /bin/cat"],
};
const codeOf = (bundle) => join("dist", `${bundle}.code`);
// V8 knows code of another text by its length only
for (const bundle of Object.keys(precompiled)) rmSync(codeOf(bundle), { force: true });
const common = {
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
};
const chunks = await build({
  ...common,
  entryPoints: {
    others: "src/cli/groups/others.ts",
    index: "src/index.ts",
    queue: "src/record/queue.ts",
    guard: "src/capture/bpf/guard.ts",
  },
  splitting: true,
  format: "esm",
});

/** CommonJS, which Node starts sooner, of one file. */
const single = {
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  minifyWhitespace: true,
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
};
const bundles = await build({
  ...single,
  entryPoints: { tools: "src/cli/groups/tools.ts", tracers: "src/cli/groups/tracers.ts" },
  supported: { "dynamic-import": false },
});
const main = await build({
  ...single,
  entryPoints: { main: "src/cli/main.ts" },
  plugins: [
    {
      name: "others",
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/groups\/others\.ts$/ }, () => ({ path: "./others.js", external: true })),
    },
  ],
});

// Chunks of earlier builds go last, and not those of a moment ago: a program that is running may load one still.
const made = [chunks, bundles, main].flatMap((b) => Object.keys(b.metafile.outputs).map((f) => basename(f)));
const current = new Set(made);
for (const file of readdirSync("dist")) {
  const path = join("dist", file);
  if (!current.has(file) && begun - statSync(path).mtimeMs > 60_000)
    rmSync(path, { recursive: true, force: true });
}

const { outputFiles } = await build({
  entryPoints: ["tools/launcher/main.ts"],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const code = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
const { NODE_FLAG, writeLauncher } = await import(code);
writeLauncher("bin/svtrace");

for (const [bundle, command] of Object.entries(precompiled)) {
  const text = readFileSync(join("dist", bundle), "latin1");
  if (/[^\0-\x7f]/.test(text)) throw new Error(`dist/${bundle} is not ASCII`);
  const r = spawnSync(process.execPath, [NODE_FLAG, "tools/precompile.mjs", `dist/${bundle}`, ...command], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (r.status !== 0) console.warn(`build: dist/${bundle} is not compiled beforehand: ${r.stderr}`);
}
// tools/setup compares its age with the sources'.
utimesSync("dist/main.cjs", begun / 1000, begun / 1000);
