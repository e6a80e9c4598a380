/** `svtrace doctor`: what this machine allows, and what to do about each no. */
import { UsageError } from "../base/errors.ts";
import { probes } from "../kernel/probe.ts";

export async function main(argv: string[]): Promise<number> {
  if (argv.length > 0 && argv[0] !== "--json") throw new UsageError("usage: svtrace doctor [--json]");
  const all = probes();
  if (argv[0] === "--json") {
    process.stdout.write(`${JSON.stringify(all)}\n`);
    return 0;
  }
  for (const p of all) {
    process.stdout.write(
      `${p.ok ? "yes" : "no "}  ${p.name.padEnd(18)} ${p.found}${p.ok || !p.remedy ? "" : `: ${p.remedy}`}\n`,
    );
  }
  process.stdout.write("engine: ptrace\n");
  return 0;
}
