/** Runs commands and takes their wall time and peak memory; ratios come from pairs of runs made one after the other. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

export interface Run {
  /** Wall time in seconds. */
  readonly seconds: number;
  /** Peak resident memory of the started process itself (VmHWM), in KiB; 0 if it was over too soon to be read. */
  readonly peak: number;
  readonly stdout: string;
}

/** Runs one command to its end. Throws if it fails. */
export async function run(argv: readonly string[]): Promise<Run> {
  const start = process.hrtime.bigint();
  const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (d) => {
    stdout += d;
  });
  child.stderr.on("data", (d) => {
    if (stderr.length < 4096) stderr += d;
  });
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "latin1");
      peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // it has just ended
    }
  }, 50);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  clearInterval(timer);
  if (code !== 0) throw new Error(`${argv.join(" ")} exited with ${code}: ${stderr.slice(-400)}`);
  return { seconds, peak, stdout };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** A port nobody listens on at 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
