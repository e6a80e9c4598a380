// Everything that can be wrong without running the program: one line per check, details of what failed below it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { sourceFiles, violations } from "./check-imports.mjs";

const LONGEST = 500;

/** A command is right when it exits 0; what it printed tells what is wrong. */
function command(...argv) {
  const r = spawnSync(argv[0], argv.slice(1), { encoding: "utf8", maxBuffer: 1 << 26 });
  if (r.status === 0) return [];
  const output = `${r.stdout ?? ""}${r.stderr ?? ""}`.trim();
  return [output || String(r.error ?? `${argv.join(" ")}: status ${r.status}`)];
}

function longFiles() {
  return (
    ["src", "tools", "test", "bench"]
      .filter(existsSync)
      .flatMap(sourceFiles)
      // lists of names, one a line
      .filter((f) => !/^(src\/abi\/generated|tools\/generate\/specs|test\/out)\//.test(f))
      .map((f) => [f, readFileSync(f, "utf8").split("\n").length - 1])
      .filter(([, lines]) => lines > LONGEST)
      .map(([f, lines]) => `${f}: ${lines} lines, more than ${LONGEST}: split it`)
  );
}

/** A clone must install from whatever registry its user has configured. */
function registryHosts() {
  const wrong = [];
  const lock = readFileSync("package-lock.json", "utf8").split("\n");
  lock.forEach((line, i) => {
    if (/"resolved":\s*"[a-z+]+:\/\//.test(line)) wrong.push(`package-lock.json:${i + 1}: ${line.trim()}`);
  });
  if (existsSync(".npmrc") && /registry|\/\//.test(readFileSync(".npmrc", "utf8")))
    wrong.push(".npmrc names a registry");
  return wrong;
}

/** Everything a folder of src/ holds is on its map, and the map names nothing else. */
function map() {
  const text = readFileSync("src/README.md", "utf8");
  const named = [...text.matchAll(/^\| `([a-z]+)\/` *\|/gm)].map((m) => m[1]);
  const there = [...new Set(sourceFiles("src").map((f) => f.split("/")[1]))].filter((d) => !d.includes("."));
  return [
    ...there.filter((d) => !named.includes(d)).map((d) => `src/README.md does not name ${d}/`),
    ...named.filter((d) => !there.includes(d)).map((d) => `src/README.md names ${d}/, which is not there`),
  ];
}

const checks = {
  types: () => command("npx", "--no-install", "tsc", "--noEmit"),
  "lint and format": () => command("npx", "--no-install", "biome", "ci", "--colors=off"),
  "import directions": () => violations(),
  "generated tables": () => command("node", "tools/run-ts.mjs", "tools/generate/main.ts", "--check"),
  "manual pages": () => command("node", "tools/run-ts.mjs", "tools/man.ts", "--check"),
  "no registry host": registryHosts,
  "length of files": longFiles,
  "map of src": map,
};

const wanted = process.argv.slice(2);
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const problems = check();
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name}`);
  for (const p of problems) console.log(p.replace(/^/gm, "       "));
  if (problems.length > 0) failed++;
}
if (wanted.some((w) => !(w in checks))) {
  console.log(`no such check; there are: ${Object.keys(checks).join(", ")}`);
  failed++;
}
process.exit(failed > 0 ? 1 : 0);
