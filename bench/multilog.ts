/** multilog, tai64n and tai64nlocal beside Debian's: bytes a second, interleaved runs, medians of the rounds' ratios. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { median } from "./measure.ts";

const BYTES = 500e6;
const LINE = 80;
const ours = resolve("bin/svtrace");

interface Filter {
  readonly name: string;
  /** The program and its arguments, for a directory of its own. */
  argv(dir: string): readonly [program: string, ...args: string[]];
  /** Its input is stamped lines. */
  readonly stamped?: boolean;
}

const filters: readonly Filter[] = [
  { name: "multilog ./main", argv: (d) => ["multilog", `${d}/main`] },
  { name: "multilog t ./main", argv: (d) => ["multilog", "t", `${d}/main`] },
  { name: "multilog s16777215", argv: (d) => ["multilog", "s16777215", `${d}/main`] },
  { name: "multilog t s16777215", argv: (d) => ["multilog", "t", "s16777215", `${d}/main`] },
  {
    name: "multilog t, two patterns",
    argv: (d) => ["multilog", "t", "-*", "+* line *5*", "s16777215", `${d}/main`],
  },
  { name: "tai64n", argv: () => ["tai64n"] },
  { name: "tai64nlocal", argv: () => ["tai64nlocal"], stamped: true },
];

/** Writes the input: numbered lines of 80 bytes. */
function makeInput(path: string, stamped: boolean): void {
  const fd = openSync(path, "w");
  const width = LINE - 1 - (stamped ? 26 : 0);
  for (let number = 0; number < BYTES / LINE; ) {
    let text = "";
    for (let i = 0; i < 10_000; i++, number++) {
      const stamp = stamped ? `@400000006b08${(number >> 8).toString(16).padStart(4, "0")}1234abcd ` : "";
      text += `${stamp}${`line ${number} `.padEnd(width, "x")}\n`;
    }
    writeSync(fd, text);
  }
  closeSync(fd);
}

/** Wall and CPU time in seconds of one run, from a file to /dev/null; bash takes them. */
async function once(argv: readonly string[], input: string): Promise<{ wall: number; cpu: number }> {
  const stdin = openSync(input, "r");
  const child = spawn("bash", ["-c", `TIMEFORMAT="%R %U %S"; time "$@"`, "bash", ...argv], {
    stdio: [stdin, "ignore", "pipe"],
  });
  closeSync(stdin);
  let stderr = "";
  child.stderr!.setEncoding("latin1").on("data", (d) => {
    stderr += d;
  });
  const code = await new Promise((done) => child.on("close", done));
  const [wall, user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit code ${code}: ${stderr}`);
  return { wall, cpu: user + system };
}

/** In memory, if there is such a file system: an fsync a file on a disk is not what is measured here. */
const where = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Measures `rounds` rounds of each filter, original and ours in turn, and prints the table. */
export async function multilogBench(rounds: number): Promise<void> {
  const dir = mkdtempSync(join(where, "svtrace-bench-"));
  try {
    console.log(
      `\n${BYTES / 1e6} MB in lines of ${LINE} bytes, in ${where}; medians; ratio = svtrace's speed / C's in the same round`,
    );
    console.log("                              C MB/s   svtrace MB/s   ratio (wall)   ratio (CPU)");
    for (const stamped of [false, true]) {
      const input = join(dir, "input");
      makeInput(input, stamped);
      for (const f of filters.filter((f) => (f.stamped ?? false) === stamped))
        await compare(f, rounds, dir, input);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compare(f: Filter, rounds: number, dir: string, input: string): Promise<void> {
  const walls: [number, number][] = [];
  const cpus: [number, number][] = [];
  for (let i = 0; i < rounds; i++) {
    const results: { which: string; wall: number; cpu: number }[] = [];
    // who is first takes turns
    for (const which of i % 2 === 0 ? ["C", "ours"] : ["ours", "C"]) {
      const [program, ...args] = f.argv(dir);
      const prefix = which === "C" ? [`/usr/bin/${program}`] : [ours, program];
      rmSync(join(dir, "main"), { recursive: true, force: true });
      results.push({ which, ...(await once([...prefix, ...args], input)) });
    }
    const of = (which: string) => results.find((r) => r.which === which)!;
    walls.push([of("C").wall, of("ours").wall]);
    cpus.push([of("C").cpu, of("ours").cpu]);
  }
  const rate = (k: 0 | 1) => (BYTES / 1e6 / median(walls.map((w) => w[k]))).toFixed(0);
  const ratio = (pairs: readonly [number, number][]) => median(pairs.map(([c, o]) => c / o)).toFixed(2);
  console.log(
    `${f.name.padEnd(28)}${rate(0).padStart(8)}${rate(1).padStart(15)}${ratio(walls).padStart(15)}${ratio(cpus).padStart(14)}`,
  );
}
