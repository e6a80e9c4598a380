/** `svtrace doctor`: what this machine allows, which engine is used, and what to do about each no. */

import { SysError } from "../base/errors.ts";
import { jsonOf } from "../base/json.ts";
import { BpfEngine } from "../capture/bpf/engine.ts";
import { type Probe, probes } from "../kernel/probe.ts";
import { bpfProbes } from "../kernel/probe-bpf.ts";
import { silent } from "./live/silent.ts";
import { table } from "./options/index.ts";
import { parseArguments } from "./options/parse.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const { values } = parseArguments(table("doctor"), argv);
  const all = [...probes(), ...bpfProbes()];
  const engine = bpfEngine();
  const auto = engine.ok ? "bpf" : "ptrace";
  if (values.has("json")) {
    await print(`${jsonOf({ v: 1, engine: auto, why: engine.found, probes: [...all, engine] })}\n`);
    return 0;
  }
  const lines = [...all, engine].map(
    (p) =>
      `${p.ok ? "yes" : "no "}  ${p.name.padEnd(20)} ${p.found}${p.ok || !p.remedy ? "" : `\n     ${"".padEnd(20)} -> ${p.remedy}`}`,
  );
  const choice = engine.ok
    ? "svtrace trace uses bpf, which costs the traced little; strace and run use ptrace unless told --engine auto"
    : "svtrace trace uses ptrace, which slows what it traces a lot";
  await print(`${lines.join("\n")}\n\nengine: ${auto}: ${choice}\n`);
  return 0;
}

/** All of it together: programs of the engine loaded, attached and taken out again. */
function bpfEngine(): Probe {
  const start = performance.now();
  try {
    const engine = new BpfEngine(silent, { followForks: true });
    const took = performance.now() - start;
    engine.detach();
    return { name: "bpf engine", ok: true, found: `starts, in ${Math.round(took)} ms` };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return {
      name: "bpf engine",
      ok: false,
      found: error.message.split("\n")[0],
      remedy: "see what is missing above; until then everything works with ptrace, but slower",
    };
  }
}
