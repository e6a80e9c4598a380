// Import directions: a folder of src/ imports only folders earlier in the flow. Exported for the check suite; run
// directly it prints every violation.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** In the order data flows. */
const flow = [
  "base",
  "kernel",
  "symbols",
  "unwind",
  "abi",
  "syscalls",
  "capture",
  "decode",
  "render",
  "record",
  "analyse",
  "export",
  "web",
  "cli",
];

/** What stands beside the flow. Everything not listed here imports whatever precedes it in the flow. */
const beside = {
  supervise: ["base", "kernel"],
  // The page runs in a browser.
  ui: [],
};

/** Later folders that may import what stands beside the flow. */
const usersOf = { supervise: ["cli"] };

/** Exceptions, each with its reason: "from -> to". Debt; keep it short. */
const exceptions = {};

/** Packages with one door each: the folders that may import them. */
const doors = {
  koffi: ["kernel"],
  "@duckdb/node-api": ["record", "analyse", "export", "web"],
  commander: ["cli"],
};

export function allowed(from, to) {
  if (from === to || from === "index.ts" || from === "cli") return true;
  if (`${from} -> ${to}` in exceptions) return true;
  if (beside[from]) return beside[from].includes(to);
  if (beside[to]) return usersOf[to]?.includes(from) ?? false;
  const a = flow.indexOf(from);
  const b = flow.indexOf(to);
  return a >= 0 && b >= 0 && b < a;
}

/** Specifiers of static, dynamic and re-exporting imports. */
export function specifiers(text) {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "))
    .replace(/^\s*\/\/.*$/gm, "");
  const found = [];
  const pattern =
    /(?:^|[;}\n])\s*(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']|\brequire\(\s*["']([^"']+)["']/gm;
  for (const m of code.matchAll(pattern)) found.push(m[1] ?? m[2] ?? m[3] ?? m[4]);
  return found;
}

export function sourceFiles(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((e) => {
      const path = join(dir, e.name);
      if (e.isDirectory()) return sourceFiles(path);
      return /\.(ts|tsx|mts|mjs)$/.test(e.name) ? [path] : [];
    })
    .sort();
}

export function violations(src = "src") {
  const root = resolve(src);
  const area = (path) => relative(root, path).split("/")[0];
  const wrong = [];
  for (const file of sourceFiles(root)) {
    const from = area(file);
    if (from !== "index.ts" && !flow.includes(from) && !beside[from])
      wrong.push(`${relative(".", file)}: folder ${from} has no place in tools/check-imports.mjs`);
    for (const spec of specifiers(readFileSync(file, "utf8"))) {
      if (spec.startsWith(".")) {
        const target = resolve(dirname(file), spec);
        const to = area(target);
        if (to.startsWith("..")) {
          if (!file.endsWith(".test.ts") && !target.endsWith("package.json"))
            wrong.push(`${relative(".", file)} imports ${spec}, outside src/`);
        } else if (!allowed(from, to))
          wrong.push(`${relative(".", file)} imports ${spec}: ${from} may not import ${to}`);
        continue;
      }
      const doorKeepers = Object.entries(doors).find(
        ([name]) => spec === name || spec.startsWith(`${name}/`),
      )?.[1];
      if (doorKeepers && !doorKeepers.includes(from))
        wrong.push(`${relative(".", file)} imports ${spec}: only ${doorKeepers.join(", ")} may`);
    }
  }
  return wrong;
}

if (process.argv[1] && resolve(process.argv[1]) === resolve(new URL(import.meta.url).pathname)) {
  const wrong = violations();
  for (const line of wrong) console.log(line);
  process.exit(wrong.length > 0 ? 1 : 0);
}
