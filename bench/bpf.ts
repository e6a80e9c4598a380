/**
 * What following every call costs: ours on the bpf engine beside Debian's strace, perf trace and bpftrace, on dd, Redis
 * and nginx, in interleaved rounds, as one table. A row that fails says why, and the table goes on.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { dd, served } from "./follow.ts";
import { nginx, redis } from "./servers.ts";
import { print, type Row, rowOf, type Workload } from "./table.ts";
import { measures, missing, type Tracer, tracers } from "./tracers.ts";

const all: readonly Workload[] = [
  { name: "dd", measure: dd },
  ...[redis, nginx].map((server) => ({ name: server.name, measure: served(server) })),
];

const TRACEFS = "/sys/kernel/tracing";

/** Measures all workloads, or `only` one, in `rounds` interleaved rounds and prints the table. */
export async function bpfBench(rounds: number, short: boolean, only?: string): Promise<void> {
  const workloads = all.filter((w) => only === undefined || w.name === only);
  const base = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
  // perf trace and bpftrace need it; ours does not
  const mounted =
    !existsSync(`${TRACEFS}/events`) && spawnSync("mount", ["-t", "tracefs", "nodev", TRACEFS]).status === 0;
  // whatever ends the bench, a signal included
  process.once("exit", () => {
    rmSync(base, { recursive: true, force: true });
    if (mounted) spawnSync("umount", [TRACEFS], { stdio: "ignore" });
  });
  const before = loadavg()[0];
  const rows = new Map<string, Row>();
  for (let round = 0; round < rounds; round++) {
    for (const w of workloads) {
      for (const t of tracers.filter((t) => measures(t, w.name)))
        await once(w, t, base, round, short, rowOf(rows, w, t));
    }
    console.error(`round ${round + 1} of ${rounds} done`);
  }
  print(workloads, rows, rounds, before);
}

async function once(
  w: Workload,
  t: Tracer,
  base: string,
  round: number,
  short: boolean,
  row: Row,
): Promise<void> {
  const absent = missing(t);
  if (absent !== undefined) {
    row.failures.push(absent);
    return;
  }
  const dir = mkdtempSync(join(base, "row-"));
  try {
    row.results.set(round, await w.measure(t, dir, short));
  } catch (error) {
    row.failures.push(`round ${round + 1}: ${(error as Error).message}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
