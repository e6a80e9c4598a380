/** The ptrace engine beside Debian's strace: full output to a file, interleaved runs, medians. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort, Group, median, type Run, run } from "./measure.ts";
import { ready, redis, stop } from "./servers.ts";

interface Workload {
  readonly name: string;
  readonly follow: boolean;
  command(): readonly string[];
}

interface Tracer {
  readonly name: string;
  argv(out: string, follow: boolean, command: readonly string[]): readonly string[];
}

const ours = resolve("bin/svtrace");
/** Of redis-benchmark: enough that starting up is not what is measured. */
const REQUESTS = 80_000;
/** A server answers, and ends once it is told to, within this time (s). */
const LIMIT = 60;

const tracers: readonly Tracer[] = [
  { name: "untraced", argv: (_out, _follow, command) => command },
  {
    name: "strace",
    argv: (out, f, command) => ["/usr/bin/strace", ...(f ? ["-f"] : []), "-o", out, ...command],
  },
  {
    name: "svtrace",
    argv: (out, f, command) => [ours, "strace", ...(f ? ["-f"] : []), "-o", out, ...command],
  },
];

/** Measures `repeat` rounds of every workload under every tracer and prints the table. */
export async function ptraceBench(repeat: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
  const workloads: Workload[] = [
    {
      name: "dd bs=1 count=30000",
      follow: false,
      command: () => ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=30000", "status=none"],
    },
    {
      name: "find /usr",
      follow: false,
      command: () => ["find", "/usr", "-newermt", "2100-01-01"],
    },
    {
      name: "sh: 200 forks, -f",
      follow: true,
      command: () => ["sh", "-c", "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done"],
    },
  ];
  console.log("wall time, full output to a file; medians; ratio = svtrace / strace of the same round\n");
  console.log(
    "workload                     untraced    strace   svtrace     ratio   peak MB strace/svtrace   lines strace/svtrace",
  );
  try {
    for (const w of workloads) {
      const runs = new Map<string, Run[]>(tracers.map((t) => [t.name, []]));
      for (let i = 0; i < repeat; i++) {
        for (const t of tracers)
          runs.get(t.name)!.push(await run(t.argv(join(dir, t.name), w.follow, w.command())));
      }
      report(w.name, runs, dir);
    }
    await served(dir, repeat).catch((error: Error) => console.log(`\nredis: failed: ${error.message}`));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function report(name: string, runs: ReadonlyMap<string, readonly Run[]>, dir: string): void {
  const seconds = (t: string) => median(runs.get(t)!.map((r) => r.seconds));
  const ratio = median(runs.get("svtrace")!.map((r, i) => r.seconds / runs.get("strace")![i].seconds));
  const peak = (t: string) => (Math.max(...runs.get(t)!.map((r) => r.peak)) / 1024).toFixed(0);
  const size = (t: string) => `${(statSync(join(dir, t)).size / 1e6).toFixed(1)} MB`;
  const cell = (n: number) => n.toFixed(3).padStart(9);
  console.log(
    `${name.padEnd(28)}${cell(seconds("untraced"))} ${cell(seconds("strace"))} ${cell(seconds("svtrace"))} ${cell(ratio)}   ` +
      `${`${peak("strace")}/${peak("svtrace")}`.padEnd(24)} ${size("strace")}/${size("svtrace")}`,
  );
}

/** Requests per second of Redis under each tracer. */
async function served(dir: string, repeat: number): Promise<void> {
  const rates = new Map<string, number[]>(tracers.map((t) => [t.name, []]));
  for (let i = 0; i < repeat; i++) {
    for (const t of tracers) {
      const port = await freePort();
      const server = new Group(t.argv(join(dir, t.name), true, redis.command(dir, port)));
      try {
        await ready(redis, port, LIMIT);
        rates.get(t.name)!.push(await redis.load(port, 1, REQUESTS));
        stop(dir);
        await server.wait(LIMIT);
      } finally {
        await server.end();
      }
    }
  }
  const rate = (t: string) => median(rates.get(t)!);
  const ratio = median(rates.get("svtrace")!.map((r, i) => r / rates.get("strace")![i]));
  console.log(
    `\nredis-benchmark GET, 20 clients, requests/s: untraced ${rate("untraced").toFixed(0)}, strace -f ${rate("strace").toFixed(0)}, ` +
      `svtrace -f ${rate("svtrace").toFixed(0)}; svtrace serves ${ratio.toFixed(2)} times strace's requests`,
  );
}
