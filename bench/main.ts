/** `npm run bench -- [ROUNDS] [ptrace|multilog]`: what svtrace costs beside its peers, measured in the same run. */
import { multilogBench } from "./multilog.ts";
import { ptraceBench } from "./ptrace.ts";

const benches = { ptrace: ptraceBench, multilog: multilogBench } as const;

const rounds = Number(process.argv[2] ?? 5);
const names = process.argv.slice(3);
if (!Number.isInteger(rounds) || rounds < 1 || names.some((n) => !(n in benches))) {
  console.error(`usage: npm run bench -- [ROUNDS] [${Object.keys(benches).join("|")}]...`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(benches)) {
  if (names.length === 0 || names.includes(name)) await bench(rounds);
}
