import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";
import { isFast } from "./verdict.ts";

/** A restart whose new lifetime waits `seconds` for a lock. */
function restart(seconds: number, scale = {}) {
  const before = new Synthetic({}).at({ started: 0, asked: 10, died: 10.01, ended: 10.01, written: 11 });
  before.process(100, 0, "d", 0, 10.01).call(100, 10, 10.01, "exit_group", "0", "?");
  const ready = 10.03 + seconds;
  const after = new Synthetic({ pid: 200 }).at({ started: 10.02, ready, written: ready });
  after.process(200, 0, "d", 10.02, null).call(200, 10.02, 10.03, "execve", "…", "0", { target: "/bin/d" });
  after.call(200, 10.03, ready, "flock", "3, LOCK_EX", "0", { target: "/run/d.lock" });
  return analyse(after.recording, before.recording, scale);
}

test("a restart below a second is fast; its causes are listed all the same", () => {
  const report = restart(0.6);
  expect(report.verdict).toBe("Nothing was slow: the restart took 0.63 s.");
  expect(report.hint).toBe("");
  expect(report.causes[0]).toMatchObject({ category: "lock", target: "/run/d.lock" });
});

test("unless earlier restarts took much less", () => {
  const report = restart(0.8, { usual: 0.2 });
  expect(report.verdict).toMatch(
    /^The restart took 0\.83 s \(usually 0\.20 s\)\. Starting: waited 0\.80 s for a lock/,
  );
  expect(report.usual).toBe(0.2);
  expect(restart(0.6, { usual: 0.5 }).verdict).toMatch(/^Nothing was slow: .* \(usually 0\.50 s\)\.$/);
});

test("or everything is asked for", () => {
  expect(restart(0.05, { all: true }).verdict).toMatch(/Starting: waited 50 ms for a lock on \/run\/d\.lock/);
});

test.each([
  [0.99, undefined, true],
  [1, undefined, false],
  [0.6, 0.01, false],
  [0.5, 0.01, true],
  [0.9, 0.46, true],
  [1.2, 5, false],
])("%f s, usually %s s: fast is %s", (total, usual, fast) => {
  expect(isFast(total, { usual })).toBe(fast);
});

test("nor is one slow that is hardly longer than one before it", () => {
  expect(isFast(0.8, { usual: 0.2, longest: 0.7 })).toBe(true);
  expect(isFast(0.9, { usual: 0.2, longest: 0.7 })).toBe(false);
});
