import { expect, onTestFinished, test, vi } from "vitest";
import { Course } from "./course.ts";

/** A course whose actions in `failing` fail; what it does is written down. */
function course() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const failing = new Set<string>();
  const done: string[] = [];
  const failed: string[] = [];
  const c = new Course({
    act(action) {
      if (failing.has(action)) throw new Error("no descriptors");
      done.push(action);
      if (action === "clear") c.handle("cleared");
    },
    failed: (action) => failed.push(action),
    entered: (state) => done.push(`(${state})`),
    settled: () => {},
  });
  return { c, failing, done, failed };
}

test("what fails is tried again, with what was to follow it", () => {
  const { c, failing, done, failed } = course();
  c.state = "finishing";
  failing.add("clear");
  c.handle("died");
  expect(done).toEqual(["(clearing)", "cancel"]);
  vi.advanceTimersByTime(5000);
  expect(failed).toEqual(["clear"]);
  failing.clear();
  vi.advanceTimersByTime(1000);
  expect(done.slice(2)).toEqual(["clear", "cancel", "next"]);
  vi.advanceTimersByTime(5000);
  expect(done.length).toBe(5);
});

test("what fails does not keep others from being heard, and is forgotten with its state", () => {
  const { c, failing, done } = course();
  c.state = "up";
  failing.add("kill:TERM");
  c.handle("d");
  c.handle("h");
  expect(done).toEqual(["want:d", "plan:once", "limit", "kill:HUP"]);
  c.handle("died");
  failing.clear();
  vi.advanceTimersByTime(5000);
  expect(done.slice(4)).toEqual(["(finishing)", "cancel", "finish"]);
});
