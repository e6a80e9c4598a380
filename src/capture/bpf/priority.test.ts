import { expect, test } from "vitest";
import { Priority } from "./priority.ts";

/** Threads with nice values, the calling one first; nobody may go below `lowest`. */
function threads(lowest: number) {
  const nice = new Map([
    [7, 0],
    [8, 0],
  ]);
  const set = (tid: number, value: number) => {
    if (value < lowest) throw new Error("EACCES");
    nice.set(tid || 7, value);
  };
  return { nice, priority: new Priority(set, () => [...nice.keys()], 0) };
}

test("all threads give way, one hurries, and in the end all are as before", () => {
  const { nice, priority } = threads(-20);
  expect([...nice.values()]).toEqual([0, 0]);
  priority.giveWay();
  expect([...nice.values()]).toEqual([10, 10]);
  priority.hurry();
  expect([...nice.values()]).toEqual([-5, 10]);
  priority.giveWay();
  expect([...nice.values()]).toEqual([10, 10]);
  priority.hurry();
  priority.restore();
  expect([...nice.values()]).toEqual([0, 0]);
});

test("who could not come back does not give way", () => {
  const { nice, priority } = threads(0);
  priority.giveWay();
  priority.hurry();
  expect([...nice.values()]).toEqual([0, 0]);
});
