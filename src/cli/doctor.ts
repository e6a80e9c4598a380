/** `svtrace doctor`: what this machine allows, and what to do about each no. */
import { probes } from "../kernel/probe.ts";
import { table } from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const { values } = parseArguments(table("doctor"), argv);
  const all = probes();
  if (values.has("json")) {
    await print(`${JSON.stringify(all)}\n`);
    return 0;
  }
  for (const p of all) {
    await print(
      `${p.ok ? "yes" : "no "}  ${p.name.padEnd(18)} ${p.found}${p.ok || !p.remedy ? "" : `: ${p.remedy}`}\n`,
    );
  }
  await print("engine: ptrace\n");
  return 0;
}
