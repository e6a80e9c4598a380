/** Groups of tasks whose fast calls stay in the kernel: what is counted, noted and timed of a program that calls very often. */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlightCall } from "../../src/capture/engine.ts";
import { possibleCpus } from "../../src/kernel/cpus.ts";
import { tickLength } from "../../src/kernel/scheduling.ts";
import { buildRecorder, type Line, Recorder, removeRecorder } from "../engine.ts";
import { compiled, lacks, needs, no32Bit, noBpf, tempDir } from "../helpers.ts";

beforeAll(buildRecorder);
afterAll(removeRecorder);

const ROUNDS = 10;
const CALLS = 500 * ROUNDS;
/** What busy-calls' own clock says of calls of a kind (ns), in order. */
type Said = Record<"nanosleep" | "getrandom" | "open", number[]>;

/** Runs busy-calls with calls that are faster than `threshold` (ns) kept quiet. */
async function busy(
  threshold: number,
  { fifo = [], flags = [] }: { fifo?: string[]; flags?: string[] } = {},
): Promise<{ r: Recorder; said: Said }> {
  const args = [String(ROUNDS), ...fifo];
  const child = spawn(compiled("busy-calls", ...flags), args, { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (d) => {
    text += d;
  });
  const options = { followForks: true, scheduling: true, quiet: true };
  const r = new Recorder({ engine: "bpf", attach: child.pid, threshold, quiet: false, options });
  await r.until("new");
  child.stdin.write("go\n");
  await r.done;
  const said: Said = { nanosleep: [], getrandom: [], open: [] };
  for (const [, name, ns] of text.matchAll(/^(\w+) (\d+)$/gm)) said[name as keyof Said].push(Number(ns));
  return { r, said };
}

const counted = (r: Recorder, name: string): Line => r.of("counted").find((l) => l.name === name)!;

/** How long reported calls of a kind took, beside what the program says. */
function lengths(r: Recorder, said: Said, name: keyof Said): { ns: number; own: number }[] {
  const reported = r.of("exit").filter((l) => l.name === name);
  expect(reported.length).toBe(ROUNDS / 2);
  return reported.map((line, i) => ({ ns: line.ns as number, own: said[name][i] }));
}

describe(...needs("quiet calls", noBpf(), lacks("gcc")), () => {
  it("counts all and times some of many calls, and reports slow ones", async () => {
    const tick = tickLength();
    const threshold = Math.max(10e6, 2 * tick);
    const { r, said } = await busy(threshold);
    expect(counted(r, "getppid")).toMatchObject({ calls: CALLS, errors: 0 });
    expect(counted(r, "close")).toMatchObject({ calls: CALLS, errors: CALLS });
    // those that are not timed are counted with the next one that is
    const { timed, total } = counted(r, "getppid") as unknown as Record<string, number>;
    expect(timed).toBeGreaterThan(CALLS * 0.9);
    expect(timed).toBeLessThanOrEqual(CALLS);
    expect(total / timed).toBeLessThan(100_000);
    // the program's clock sees it wake up later
    for (const { ns, own } of lengths(r, said, "nanosleep")) {
      expect(ns).toBeGreaterThan(29.9e6);
      expect(ns).toBeLessThan(own);
    }
    // where nobody looked at the clock, ticks tell
    for (const { ns, own } of lengths(r, said, "getrandom")) {
      expect(own).toBeGreaterThan(threshold + 2 * tick);
      expect(Math.abs(ns - own), `${ns} of ${own}`).toBeLessThan(2 * tick + 5e6);
    }
    // long ones do not stand for fast ones of their number
    const random = counted(r, "getrandom") as unknown as Record<string, number>;
    expect(random.calls).toBe(CALLS + ROUNDS / 2);
    const own = said.getrandom.reduce((sum, ns) => sum + ns, 0);
    expect(random.total).toBeLessThan(own * 1.5);
    expect(random.total).toBeGreaterThan(own * 0.7);
    expect(r.of("exit").filter((l) => l.name === "getppid" && (l.ns as number) < threshold)).toEqual([]);
  });

  it("notes them in order, most without their duration", async () => {
    const { r, said } = await busy(Math.max(10e6, 2 * tickLength()));
    const noted = r.of("noted") as unknown as FlightCall[];
    const many = noted.filter((c) => c.name === "getppid" || c.name === "close");
    const slots = Math.max(1024, 2 ** Math.floor(Math.log2(65_536 / possibleCpus())));
    expect(noted.length).toBeGreaterThan(Math.min(3 * CALLS, slots - 32) - 2);
    const untimed = many.filter((c) => c.duration === 0).length;
    // one in 32 is timed, and a few of each tick
    expect(untimed / many.length).toBeGreaterThan(0.93);
    expect(untimed / many.length).toBeLessThan(0.99);
    expect(many.filter((c) => c.name === "close").every((c) => c.ret === -9)).toBe(true);
    for (let i = 1; i < noted.length; i++)
      expect(noted[i].exit - noted[i].duration).toBeGreaterThanOrEqual(noted[i - 1].exit);
    // one after the other, as it makes them; but for where it was moved to another CPU
    const others = many.filter((c, i) => c.name === many[i - 1]?.name).length;
    expect(others).toBeLessThan(many.length / 100);
    const span = noted.at(-1)!.exit - noted[0].exit;
    expect(span).toBeGreaterThan(said.nanosleep.slice(-1)[0]);
  });

  it("has the path of a call that turns out to be slow", async () => {
    const fifo = join(tempDir("busy"), "fifo");
    execFileSync("mkfifo", [fifo]);
    const { r, said } = await busy(Math.max(10e6, 2 * tickLength()), { fifo: [fifo] });
    const opens = r.of("exit").filter((l) => l.name === "open");
    expect(opens.map((l) => l.error)).toEqual(Array(ROUNDS).fill(0));
    for (const [i, { ns }] of opens.entries()) {
      expect(ns).toBeGreaterThan(20e6);
      expect(ns).toBeLessThan(said.open[i]);
    }
    const paths = r.of("enter").filter((l) => l.name === "open");
    expect(paths.map((l) => l.path)).toEqual(Array(ROUNDS).fill(fifo));
  });

  it("times every call where ticks are too coarse to tell slow ones", async () => {
    const { r } = await busy(1e6);
    const { calls, timed } = counted(r, "getppid") as unknown as Record<string, number>;
    expect([calls, timed]).toEqual([CALLS, CALLS]);
    expect(r.of("noted").filter((l) => l.duration === 0)).toEqual([]);
  });

  it(...needs("reports all calls of a 32-bit program, whose numbers are others", no32Bit()), async () => {
    const { r } = await busy(Math.max(10e6, 2 * tickLength()), { flags: ["-m32"] });
    expect(r.of("exit").filter((l) => l.name === "getppid").length).toBe(CALLS);
    expect([...r.of("counted"), ...r.of("noted")]).toEqual([]);
  });
});
