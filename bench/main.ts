/**
 * `npm run bench [-- ROUNDS]`: prints what tracing costs beside its peers, measured in the same run.
 * `npm run bench -- supervise [short]`: supervision beside daemontools and runit.
 */
import { ptraceBench } from "./ptrace.ts";
import { superviseBench } from "./supervise.ts";

const [what = "5", mode] = process.argv.slice(2);
if (what === "supervise" && (mode === undefined || mode === "short")) await superviseBench(mode === "short");
else {
  const rounds = Number(what);
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error("usage: npm run bench -- [ROUNDS | supervise [short]]");
    process.exit(1);
  }
  await ptraceBench(rounds);
}
