/** Groups of tasks whose fast calls stay in the kernel: what is counted, noted and timed of a program that calls very often. */
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tickLength } from "../../src/kernel/scheduling.ts";
import { buildRecorder, type Line, Recorder, removeRecorder } from "../engine.ts";
import { compiled, lacks, needs, noBpf } from "../helpers.ts";

beforeAll(buildRecorder);
afterAll(removeRecorder);

const ROUNDS = 10;
const CALLS = 1000 * ROUNDS;
/** What busy-calls' own clock says of calls of a kind (ns), in order. */
type Said = Record<"nanosleep" | "getrandom", number[]>;

/** Runs busy-calls with calls that are faster than `threshold` (ns) kept quiet. */
async function busy(threshold: number): Promise<{ r: Recorder; said: Said }> {
  const child = spawn(compiled("busy-calls"), [String(ROUNDS)], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (d) => {
    text += d;
  });
  const options = { followForks: true, scheduling: true, quiet: true };
  const r = new Recorder({ engine: "bpf", attach: child.pid, threshold, quiet: false, options });
  await r.until("new");
  child.stdin.write("go\n");
  await r.done;
  const said: Said = { nanosleep: [], getrandom: [] };
  for (const [, name, ns] of text.matchAll(/^(\w+) (\d+)$/gm)) said[name as keyof Said].push(Number(ns));
  return { r, said };
}

const counted = (r: Recorder, name: string): Line => r.of("counted").find((l) => l.name === name)!;

/** Reported calls of a kind, each within so many ns of what the program says. */
function closeTo(r: Recorder, said: Said, name: keyof Said, ns: number): void {
  const reported = r.of("exit").filter((l) => l.name === name);
  expect(reported.length).toBe(ROUNDS / 2);
  for (const [i, line] of reported.entries())
    expect(
      Math.abs((line.ns as number) - said[name][i]),
      `${name} ${i}: ${line.ns} of ${said[name][i]}`,
    ).toBeLessThan(ns);
}

describe(...needs("quiet calls", noBpf(), lacks("gcc")), () => {
  it("counts all and times some of many calls, and reports slow ones", async () => {
    const tick = tickLength();
    const threshold = Math.max(10e6, 2 * tick);
    const { r, said } = await busy(threshold);
    expect(counted(r, "getppid")).toMatchObject({ calls: CALLS, errors: 0 });
    expect(counted(r, "close")).toMatchObject({ calls: CALLS, errors: CALLS });
    // those that are not timed are counted with the next one that is
    const { timed, total, longest } = counted(r, "getppid") as unknown as Record<string, number>;
    expect(timed).toBeGreaterThan(CALLS * 0.95);
    expect(timed).toBeLessThanOrEqual(CALLS);
    expect(total / timed).toBeLessThan(20_000);
    expect(longest).toBeLessThanOrEqual(total);
    // the program's clock sees it wake up later; a call that no one timed is told by ticks
    closeTo(r, said, "nanosleep", 2 * tick + 5e6);
    if (said.getrandom.every((ns) => ns > threshold + 2 * tick))
      closeTo(r, said, "getrandom", 2 * tick + 5e6);
    expect(r.of("exit").filter((l) => l.name === "getppid" && (l.ns as number) < threshold)).toEqual([]);
  });

  it("notes them in order, most without their duration", async () => {
    const { r, said } = await busy(Math.max(10e6, 2 * tickLength()));
    const noted = r.of("noted") as unknown as { exit: number; name: string; duration: number; ret: number }[];
    const many = noted.filter((c) => c.name === "getppid" || c.name === "close");
    expect(many.length).toBe(2 * CALLS);
    const untimed = many.filter((c) => c.duration === 0).length;
    expect(untimed / many.length).toBeGreaterThan(0.5);
    expect(untimed / many.length).toBeLessThan(0.9);
    // on one CPU, which the program seldom leaves: one and the other, as it makes them, and no time goes back
    let other = 0;
    for (let i = 1; i < many.length; i++) {
      expect(many[i].exit).toBeGreaterThanOrEqual(many[i - 1].exit);
      if (many[i].name === many[i - 1].name) other++;
    }
    expect(other).toBeLessThan(CALLS / 100);
    expect(many.filter((c) => c.name === "close").every((c) => c.ret === -9)).toBe(true);
    const span = many.at(-1)!.exit - many[0].exit;
    const slept =
      [...said.nanosleep, ...said.getrandom].reduce((sum, ns) => sum + ns, 0) - said.getrandom.at(-1)!;
    expect(span).toBeGreaterThan(slept);
  });

  it("times every call where ticks are too coarse to tell slow ones", async () => {
    const { r } = await busy(1e6);
    const { calls, timed } = counted(r, "getppid") as unknown as Record<string, number>;
    expect([calls, timed]).toEqual([CALLS, CALLS]);
    expect(r.of("noted").filter((l) => l.duration === 0)).toEqual([]);
  });
});
