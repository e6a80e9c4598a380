/** Tables of counts, whatever the tracee calls itself. */
import { expect, it } from "vitest";
import { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { type CountLine, countTable, defaultColumns } from "./count-table.ts";
import { Counter } from "./counts.ts";

const memory = undefined as unknown as Memory;

it("counts calls of names beyond those it has room for together", () => {
  const counter = new Counter({ wall: true, overhead: 0, by: (task) => task.comm, head: "process" });
  const task = new Task(1, 1, 0);
  task.call.entry = 0;
  task.call.exit = 1000;
  for (let i = 0; i < 10_000; i++) {
    task.comm = `n${i}`;
    counter.enter(task, memory);
    counter.exit(task);
  }
  const { lines } = counter;
  expect(lines.length).toBe(8193);
  expect(lines.at(-1)).toMatchObject({ name: "(1808 calls of further processes)", calls: 1808 });
  expect(lines.reduce((n, l) => n + l.calls, 0)).toBe(10_000);
});

it("takes the time on a CPU from engines that know it of a call, from the task's account else", () => {
  const counter = new Counter({ wall: false, overhead: 0 });
  const task = new Task(1, 1, 0);
  Object.assign(task.call, { name: "read", entry: 0, exit: 1000, blocked: 600, queued: 100 });
  counter.enter(task, memory);
  counter.exit(task);
  expect(counter.lines).toMatchObject([{ name: "read", calls: 1, total: 300 }]);
  Object.assign(task.call, { name: "write", blocked: -1, queued: -1 });
  counter.enter(task, memory);
  task.systemTime += 50;
  counter.exit(task);
  expect(counter.lines[1]).toMatchObject({ name: "write", calls: 1, total: 50 });
});

it("counts events that were lost", () => {
  const counter = new Counter({ wall: true, overhead: 0 });
  counter.lost(3);
  counter.lost(4);
  expect(counter.lossCount).toBe(7);
});

it("makes a table of any number of lines", () => {
  const buckets = new Float64Array(400);
  const rows = Array.from(
    { length: 130_000 },
    (_, i): CountLine => ({ name: `n${i}`, calls: 1, errors: 0, total: 1000, min: 500, max: 1000, buckets }),
  );
  const columns = [...defaultColumns, "min-time", "max-time"] as const;
  const table = countTable(rows, { sort: undefined, columns });
  expect(table.split("\n").at(-2)).toMatch(/^100\.00 +0\.130000 +1 +130000 +total +0\.000000 +0\.000001$/);
});
