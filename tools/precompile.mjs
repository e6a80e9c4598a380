// precompile.mjs BUNDLE PROGRAM ARGUMENTS...: runs a program of a bundle, and keeps the code V8 made of the bundle meanwhile
// where src/cli/bundle.ts looks for it. What the program says and how it ends does not matter.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { Script } from "node:vm";

const [bundle, name, ...argv] = process.argv.slice(2);
const path = resolve(bundle);
const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "latin1")}\n})`;
const script = new Script(text, { filename: path });
process.on("exit", () => {
  writeFileSync(`${path}.code.tmp`, script.createCachedData());
  renameSync(`${path}.code.tmp`, `${path}.code`);
  process.exitCode = 0;
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
await module.exports.start(name, argv);
