/** Writes docs/man/ from the option tables; with --check compares and says what differs. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { allPages, manPage, pageFile } from "../src/cli/options/man.ts";

const dir = "docs/man";
const wanted = new Map(allPages.map((p) => [pageFile(p), manPage(p, manifest.version)]));
mkdirSync(dir, { recursive: true });
const present = readdirSync(dir);

if (process.argv.includes("--check")) {
  const wrong = [
    ...[...wanted].filter(([f, text]) => !present.includes(f) || readFileSync(join(dir, f), "utf8") !== text),
    ...present.filter((f) => !wanted.has(f)).map((f) => [f]),
  ];
  for (const [file] of wrong) console.log(`${dir}/${file}: not what the option tables say; npm run man`);
  process.exit(wrong.length > 0 ? 1 : 0);
}
for (const file of present) if (!wanted.has(file)) rmSync(join(dir, file));
for (const [file, text] of wanted) writeFileSync(join(dir, file), text);
