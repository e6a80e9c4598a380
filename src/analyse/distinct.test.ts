import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { distinct, tidOf } from "./distinct.ts";
import { Synthetic } from "./synthetic.ts";

/** 100 waits for 101, which sleeps for three seconds, and then for another 101, which lasts for 50 ms. */
function twice(): Synthetic {
  const r = new Synthetic({ dir: "", service: "sh" }).at({ started: 0, died: 4, ended: 4, written: 4 });
  r.process(100, 0, "sh", 0, 4).process(101, 100, "sleep", 0.1, 3.2).process(101, 100, "true", 3.5, 3.55);
  r.call(100, 0.09, 0.11, "clone", "child_stack=NULL, flags=SIGCHLD", "101");
  r.call(100, 0.15, 3.21, "wait4", "-1, [{WIFEXITED(s)}], 0, NULL", "101", { waker: 101 });
  r.call(101, 0.2, 3.2, "clock_nanosleep", "CLOCK_REALTIME, 0, {tv_sec=3, tv_nsec=0}, NULL");
  r.call(100, 3.49, 3.51, "clone", "child_stack=NULL, flags=SIGCHLD", "101");
  r.call(100, 3.52, 3.56, "wait4", "-1, [{WIFEXITED(s)}], 0, NULL", "101");
  r.call(101, 3.51, 3.55, "read", "3, …", "0", { target: "/etc/big" });
  r.call(100, 3.6, 4, "exit_group", "0", "?");
  return r;
}

test("a pid that is used twice is two processes", () => {
  const report = analyse(twice().recording);
  expect(report.causes[0]).toMatchObject({ category: "sleep", pid: 101, comm: "sleep" });
  expect(report.causes[0].seconds).toBeCloseTo(3, 3);
  expect(report.causes[0].evidence.join("\n")).toContain("[101] ");
  expect(report.causes.find((c) => c.category === "disk")).toMatchObject({ pid: 101, comm: "true" });
  expect(
    report.processes.map((p) => [p.pid, p.comm, Number(p.wall.toFixed(2)), Number(p.waiting.toFixed(2))]),
  ).toEqual([
    [100, "sh", 4, 3.54],
    [101, "sleep", 3.1, 3],
    [101, "true", 0.05, 0.04],
  ]);
});

test("numbers stand for one thread each, and most are tids", () => {
  const once = new Synthetic({}).process(100, 0, "sh", 0, 4).recording;
  expect(distinct(once).recording).toBe(once);
  const { recording, numberOf } = distinct(twice().recording);
  const [sh, sleep, other] = recording.processes.map((p) => p.tid);
  expect([sh, sleep, tidOf(other), other === sleep]).toEqual([100, 101, 101, false]);
  expect([1e9, 3.3e9, 3.52e9].map((ts) => numberOf(101, ts))).toEqual([sleep, sleep, other]);
  expect([...recording.calls].find((c) => c.waker > 0)?.waker).toBe(sleep);
  expect([...recording.calls].filter((c) => tidOf(c.tid) === 101).map((c) => [c.tid, c.pid])).toEqual([
    [sleep, sleep],
    [other, other],
  ]);
});
