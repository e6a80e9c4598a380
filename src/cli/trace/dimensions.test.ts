/** Sums of counts by names that change meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { BUCKETS } from "../../base/histogram.ts";
import type { CountRow } from "../../capture/bpf/counts/counts.ts";
import { type Dimension, Sums } from "./dimensions.ts";

/** What the kernel has counted of a descriptor, or of a name of a process, so far. */
function row(calls: number, what: Partial<CountRow>): CountRow {
  const buckets = new Float64Array(BUCKETS);
  buckets[10] = calls;
  const times = { total: calls * 10, cpu: calls * 10, blocked: 0, min: 10, max: 10 };
  return { pid: process.pid, fd: -1, comm: "", call: "", calls, errors: 0, ...times, buckets, ...what };
}

function summed(by: Dimension) {
  const sums = new Sums(by);
  return {
    take: (...rows: CountRow[]) => sums.take(rows),
    calls: () => sums.lines(true, 0).map((l) => [l.name, l.calls]),
    keys: () => sums.lines(true, 0).map((l) => l.key),
  };
}

test("calls stay with the file that their descriptor was about", () => {
  const { take, calls } = summed("path");
  const fd = openSync("/dev/null", "r");
  take(row(100, { fd }));
  closeSync(fd);
  expect(openSync("/dev/zero", "r")).toBe(fd);
  take(row(103, { fd }));
  closeSync(fd);
  // the close among them
  take(row(104, { fd }));
  take(row(110, { fd }));
  expect(calls()).toEqual([
    ["/dev/null", 100],
    ["/dev/zero", 4],
    ["(closed before it was looked up)", 6],
  ]);
});

test("what has no room is counted all the same", () => {
  const sums = new Sums("comm");
  sums.take(Array.from({ length: 8200 }, (_, i) => row(2, { comm: `n${i}` })));
  expect(sums.lines(true, 0)).toHaveLength(8192);
  expect(sums.over).toBe(16);
});

test("a process that is gone keeps its name", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid!;
  const { take, calls } = summed("fd");
  take(row(5, { pid, fd: 0 }));
  child.kill();
  await once(child, "exit");
  take(row(6, { pid, fd: 0 }));
  expect(calls()).toEqual([[`${pid} sleep: 0 /dev/null`, 6]]);
});

test("a process that takes another name is still one line, called as it was for most calls", () => {
  const { take, calls, keys } = summed("pid");
  take(row(5, { pid: 7, comm: "sh" }));
  const before = keys();
  take(row(5, { pid: 7, comm: "sh" }), row(8, { pid: 7, comm: "dd" }));
  expect(calls()).toEqual([["7 dd", 13]]);
  expect(keys()).toEqual(before);
});
