/** Compares servers that differ in how they are run, loaded by turns which are so short that the machine is the same for all. */
import { readFileSync } from "node:fs";
import { sleepSync } from "../src/base/sleep.ts";
import { Group, pause } from "./measure.ts";

/** One of those compared: a server under load, alone, in its turns. */
export interface Contender {
  /** The load; contenders with the same array share it. */
  readonly load: readonly string[];
  /** Before each of its turns: what is on in its turns only. */
  begin?(): void;
  /** After each of its turns, and before all. */
  end?(): void;
}

/** How long turns last, in ms. */
export interface Lengths {
  /** For a load to connect, and what it loads to become warm, before the first turn. */
  readonly start: number;
  /** Each turn begins with as long as it takes until all connections are busy again; not counted. */
  readonly beginning: number;
  readonly turn: number;
}

const SHORT: Lengths = { start: 1000, beginning: 5, turn: 50 };

/** Packets that have come by the loopback interface since it is up (/proc/net/dev). */
function packets(): number {
  const line = readFileSync("/proc/net/dev", "latin1")
    .split("\n")
    .find((l) => l.trimStart().startsWith("lo:"));
  return Number(line!.trim().split(/\s+/)[2]);
}

/** Requests a second in one turn of a contender; its load is stopped before and after. */
function turnOf(c: Contender, load: Group, lengths: Lengths): number {
  c.begin?.();
  load.kill("SIGCONT");
  sleepSync(lengths.beginning);
  const before = packets();
  const start = performance.now();
  sleepSync(lengths.turn);
  const requests = (packets() - before) / 2;
  const seconds = (performance.now() - start) / 1000;
  load.kill("SIGSTOP");
  c.end?.();
  return requests / seconds;
}

/**
 * Runs the contenders by turns for `seconds`, there and back again. Calls back with the requests a second of each, in order,
 * each time all have had two turns. Throws when a load has ended.
 */
export async function byTurns(
  contenders: readonly Contender[],
  seconds: number,
  visit: (rates: readonly number[]) => void,
  lengths: Lengths = SHORT,
): Promise<void> {
  const loads = new Map<readonly string[], Group>();
  try {
    for (const { load } of contenders) {
      if (loads.has(load)) continue;
      const group = new Group(load, 1000);
      loads.set(load, group);
      await pause(lengths.start);
      group.kill("SIGSTOP");
    }
    for (const c of contenders) c.end?.();
    const turn = (c: Contender) => turnOf(c, loads.get(c.load)!, lengths);
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      const there = contenders.map(turn);
      const back = [...contenders].reverse().map(turn).reverse();
      visit(there.map((rate, i) => (rate + back[i]) / 2));
      // what the loads say is read
      await pause(0);
      for (const [argv, { outcome, stderr }] of loads)
        if (outcome !== undefined) throw new Error(`${argv.join(" ")}: ${outcome}: ${stderr.slice(-400)}`);
    }
  } finally {
    for (const group of loads.values()) group.kill("SIGCONT");
    await Promise.all([...loads.values()].map((group) => group.end()));
  }
}
