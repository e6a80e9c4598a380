/**
 * Calls with chosen arguments under both tracers, line by line. Nothing of them is done: test/programs/replay-calls.c
 * has a filter answer them, so that any call, its success and its failure can be compared.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compiled, svtracePath, tempDir } from "../helpers.ts";
import { sameButNewer } from "./newer.ts";

/** As replay-calls.c has them. */
const BASE = 0x10000000;
const LAST = 77;
const MOST_ERRORS = 4096;

/** How every call ends: with an errno, with a result above 0, or else with 0. */
export interface Outcome {
  readonly error?: number;
  readonly result?: number;
}

/** Calls to make and the memory they point to. */
export class Script {
  private memory = Buffer.alloc(4096);
  private readonly calls: bigint[][] = [];

  /** Puts bytes into memory; returns their address. */
  at(bytes: Uint8Array, align = 16): number {
    const start = Math.ceil(this.memory.length / align) * align;
    this.memory = Buffer.concat([this.memory, Buffer.alloc(start - this.memory.length), bytes]);
    return BASE + start;
  }

  /** The first address behind the memory. */
  get end(): number {
    return BASE + Math.ceil(this.memory.length / 4096) * 4096;
  }

  /** Adds a call; arguments that are left out are 0. */
  call(nr: number, ...args: readonly (number | bigint)[]): void {
    this.calls.push([nr, ...args, 0, 0, 0, 0, 0, 0].slice(0, 7).map((n) => BigInt.asUintN(64, BigInt(n))));
  }

  bytes(outcome: Outcome, abi: 32 | 64): Buffer {
    const header = Buffer.alloc(16);
    const error = outcome.result ? MOST_ERRORS + outcome.result : (outcome.error ?? 0);
    [this.memory.length, this.calls.length, error, abi].forEach(
      (n, i) => void header.writeUInt32LE(n, 4 * i),
    );
    const words = Buffer.alloc(this.calls.length * 56);
    this.calls.flat().forEach((n, i) => void words.writeBigUInt64LE(n, 8 * i));
    return Buffer.concat([header, this.memory, words]);
  }
}

export interface Difference {
  readonly strace: string;
  readonly ours: string;
}

export interface Compared {
  readonly lines: number;
  readonly differences: readonly Difference[];
}

function trace(
  tracer: readonly string[],
  input: Buffer,
  options: readonly string[],
  scriptOnly = true,
): string[] {
  const out = join(tempDir("calls"), "trace");
  const r = spawnSync(tracer[0], [...tracer.slice(1), ...options, "-o", out, compiled("replay-calls")], {
    input,
    encoding: "latin1",
    timeout: 60_000,
  });
  if (r.status !== LAST) throw new Error(`${tracer.join(" ")}: status ${r.status}: ${r.stderr.slice(-500)}`);
  const lines = readFileSync(out, "latin1").split("\n");
  // that the filter is set may be shown by number
  const first = scriptOnly ? lines.findIndex((l) => /^seccomp\(/.test(l)) + 1 : 0;
  return lines.slice(first).map(masked);
}

/** Names of the calls of a script that each shows, in order. */
export function tracedCalls(
  script: Script,
  options: readonly string[],
): { readonly strace: readonly string[]; readonly ours: readonly string[] } {
  // that the filter is set is not always shown
  const input = script.bytes({ error: 22 }, 64);
  const name = (line: string) => /^(\w+)\(/.exec(line)?.[1];
  const names = (tracer: readonly string[]) =>
    trace(tracer, input, options, false).flatMap((line) => name(line) ?? []);
  return { strace: names(["strace"]), ours: names([svtracePath, "strace"]) };
}

/** Inodes of pipes differ from run to run. */
const masked = (line: string): string => line.replace(/\b(pipe|socket):\[\d+\]/g, "$1:[N]");

/** Runs a script under both. */
export function compareCalls(
  script: Script,
  { abi = 64, options = [], ...outcome }: Outcome & { abi?: 32 | 64; options?: readonly string[] } = {},
): Compared {
  const input = script.bytes(outcome, abi);
  const strace = trace(["strace"], input, options);
  const ours = trace([svtracePath, "strace"], input, options);
  const differences = strace.flatMap((line, i) =>
    line === ours[i] || sameButNewer(line, ours[i] ?? "") ? [] : [{ strace: line, ours: ours[i] ?? "" }],
  );
  return { lines: strace.length, differences };
}
