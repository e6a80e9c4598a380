/** What it costs to start: programs that do next to nothing, beside Debian's and beside Node with an empty program. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { median } from "./measure.ts";

const ours = resolve("bin/svtrace");
/** A round takes half a second. */
const ROUNDS_TIMES = 4;

interface Start {
  readonly name: string;
  readonly argv: readonly string[];
  /** The command this one is compared with. */
  readonly peer?: string;
}

/** Wall time in ms. */
function time([program, ...args]: readonly string[]): number {
  const start = process.hrtime.bigint();
  const r = spawnSync(program, args, { stdio: "ignore" });
  if (r.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${r.error?.message ?? `status ${r.status}`}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Measures `rounds` times four rounds, each command once in each, and prints medians. */
export async function startBench(rounds: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
  try {
    const [empty, variables, trace] = [join(dir, "empty.cjs"), join(dir, "variables"), join(dir, "trace")];
    writeFileSync(empty, "");
    mkdirSync(variables);
    const starts: readonly Start[] = [
      { name: "node empty.cjs", argv: [process.execPath, empty] },
      { name: "svtrace --version", argv: [ours, "--version"], peer: "node empty.cjs" },
      { name: "envdir d true", argv: ["/usr/bin/envdir", variables, "true"] },
      { name: "svtrace envdir d true", argv: [ours, "envdir", variables, "true"], peer: "envdir d true" },
      { name: "strace true", argv: ["/usr/bin/strace", "-o", trace, "true"] },
      { name: "svtrace strace true", argv: [ours, "strace", "-o", trace, "true"], peer: "strace true" },
      { name: "svtrace run -- true", argv: [ours, "run", "-o", trace, "--", "true"], peer: "strace true" },
    ];
    const times = new Map<string, number[]>(starts.map(({ name }) => [name, []]));
    for (let i = 0; i <= rounds * ROUNDS_TIMES; i++) {
      for (const { name, argv } of starts) {
        const ms = time(argv);
        // the first round reads files into memory
        if (i > 0) times.get(name)!.push(ms);
      }
    }
    console.log(
      "wall time to start and end, ms; medians and least; over node = least minus that of node empty.cjs\n",
    );
    console.log("command                     median     least   over node   times its peer");
    const least = (name: string) => Math.min(...times.get(name)!);
    for (const { name, peer } of starts) {
      const over = least(name) - least("node empty.cjs");
      const ratio = peer && median(times.get(name)!.map((ms, i) => ms / times.get(peer)![i]));
      console.log(
        name.padEnd(24) +
          median(times.get(name)!).toFixed(1).padStart(10) +
          least(name).toFixed(1).padStart(10) +
          (over > 0 ? over.toFixed(1) : "").padStart(12) +
          (ratio ? ratio.toFixed(1) : "").padStart(17),
      );
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
