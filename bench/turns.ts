/** Compares servers that differ in how they are run, loaded by turns which are so short that the machine is the same for all. */
import { readFileSync } from "node:fs";
import { sleepSync } from "../src/base/sleep.ts";
import { Group, pause } from "./measure.ts";

/** A turn begins with as long (ms) as it takes until all connections are busy again. */
const BEGINNING = 5;
const TURN = 50;
/** For a load to connect (ms). */
const START = 1000;

/** Packets that have come by the loopback interface since it is up (/proc/net/dev). */
function packets(): number {
  const line = readFileSync("/proc/net/dev", "latin1")
    .split("\n")
    .find((l) => l.trimStart().startsWith("lo:"));
  return Number(line!.trim().split(/\s+/)[2]);
}

/** Requests a second in one turn of a load that is stopped before and after. */
function turn(load: Group): number {
  load.kill("SIGCONT");
  sleepSync(BEGINNING);
  const before = packets();
  const start = performance.now();
  sleepSync(TURN);
  const requests = (packets() - before) / 2;
  const seconds = (performance.now() - start) / 1000;
  load.kill("SIGSTOP");
  return requests / seconds;
}

/**
 * Runs the loads by turns for `seconds`, each alone, there and back again. Calls back with the requests a second of each, in
 * order, each time all have had two turns. Throws when a load has ended.
 */
export async function byTurns(
  loads: readonly (readonly string[])[],
  seconds: number,
  visit: (rates: readonly number[]) => void,
): Promise<void> {
  const groups: Group[] = [];
  try {
    for (const argv of loads) {
      const group = new Group(argv, 1000);
      groups.push(group);
      await pause(START);
      group.kill("SIGSTOP");
    }
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      const there = groups.map(turn);
      const back = [...groups].reverse().map(turn).reverse();
      visit(there.map((rate, i) => (rate + back[i]) / 2));
      // what the loads say is read
      await pause(0);
      for (const [i, { outcome, stderr }] of groups.entries())
        if (outcome !== undefined)
          throw new Error(`${loads[i].join(" ")}: ${outcome}: ${stderr.slice(-400)}`);
    }
  } finally {
    for (const group of groups) group.kill("SIGCONT");
    await Promise.all(groups.map((group) => group.end()));
  }
}
