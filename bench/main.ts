/** `npm run bench -- [--short] [ROUNDS] [NAME ...]`: what svtrace costs beside its peers, measured in the same run. */
import { multilogBench } from "./multilog.ts";
import { ptraceBench } from "./ptrace.ts";
import { recordBench } from "./record.ts";
import { superviseBench } from "./supervise.ts";

const benches: Readonly<Record<string, (rounds: number, short: boolean) => Promise<void>>> = {
  ptrace: ptraceBench,
  multilog: (rounds) => multilogBench(rounds),
  record: recordBench,
  supervise: (_rounds, short) => superviseBench(short),
};

const words = process.argv.slice(2);
const short = words.includes("--short");
const rounds = Number(words.find((w) => /^\d+$/.test(w)) ?? 5);
const names = words.filter((w) => w !== "--short" && !/^\d+$/.test(w));
if (rounds < 1 || names.some((n) => !Object.hasOwn(benches, n))) {
  console.error(`usage: npm run bench -- [--short] [ROUNDS] [${Object.keys(benches).join("|")}]...`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(benches)) {
  if (names.length === 0 || names.includes(name)) await bench(rounds, short);
}
