/** For how long sleeping tasks have not run. */
import { expect, test } from "vitest";
import { sinceRan } from "./off-cpu.ts";

/** The beginning of /proc/TID/sched. */
const sched = (execStart: string) => `th (7, #threads: 1)
-------------------------------------------------------------------
se.exec_start                                :     ${execStart}
se.vruntime                                  :          1234.567890
`;
const running = sched("27543210.500000");

test("the time since it ran", () => {
  expect(sinceRan(sched("27541210.500000"), running, 60e9)).toBe(2e9);
  expect(sinceRan(sched("27543210.600000"), running, 60e9)).toBe(0);
});

test("unknown where the kernel has no time, be it that it has moved the task", () => {
  expect(sinceRan(sched("0.000000"), running, 60e9)).toBeUndefined();
  expect(sinceRan("", running, 60e9)).toBeUndefined();
});

test("no longer than the task has been there", () => {
  expect(sinceRan(sched("1.000000"), running, 3e9)).toBe(3e9);
  expect(sinceRan(sched("1.000000"), running, -1e6)).toBe(0);
});
