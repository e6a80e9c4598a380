/** `npm run bench -- [--short] [ROUNDS] [NAME ...]`: what svtrace costs beside its peers, measured in the same run. */
import { bpfBench } from "./bpf.ts";
import { multilogBench } from "./multilog.ts";
import { ptraceBench } from "./ptrace.ts";
import { recordBench } from "./record.ts";
import { startBench } from "./start.ts";
import { cycles, restarts, services } from "./supervise.ts";

const benches: Readonly<Record<string, (rounds: number, short: boolean) => Promise<void>>> = {
  start: (rounds) => startBench(rounds),
  ptrace: ptraceBench,
  bpf: bpfBench,
  dd: (rounds, short) => bpfBench(rounds, short, "dd"),
  multilog: (rounds) => multilogBench(rounds),
  record: recordBench,
  "supervise:restarts": (_rounds, short) => restarts(short ? 20 : 200),
  "supervise:services": (_rounds, short) => services(short ? 100 : 1000, short ? 5 : 20),
  "supervise:cycles": (_rounds, short) => cycles(short ? 2000 : 50_000),
};

const words = process.argv.slice(2);
const short = words.includes("--short");
const rounds = Number(words.find((w) => /^\d+$/.test(w)) ?? 5);
const names = words.filter((w) => w !== "--short" && !/^\d+$/.test(w));
/** Parts of others: run by their names only. */
const PARTS: ReadonlySet<string> = new Set(["dd"]);
/** `supervise` stands for all that begin so. */
const means = (word: string, name: string) => name === word || name.startsWith(`${word}:`);
if (rounds < 1 || names.some((word) => !Object.keys(benches).some((name) => means(word, name)))) {
  console.error(`usage: npm run bench -- [--short] [ROUNDS] [${Object.keys(benches).join("|")}]...`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(benches)) {
  const wanted = names.length === 0 ? !PARTS.has(name) : names.some((word) => means(word, name));
  if (wanted) await bench(rounds, short);
}
