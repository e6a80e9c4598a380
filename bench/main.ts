/** `npm run bench [rounds]`: prints what svtrace costs beside its peers, measured in the same run. */
import { ptraceBench } from "./ptrace.ts";

const rounds = Number(process.argv[2] ?? 5);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("usage: npm run bench -- [ROUNDS]");
  process.exit(1);
}
await ptraceBench(rounds);
