import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { history } from "./history.ts";
import { Synthetic } from "./synthetic.ts";

/** Ran until 10, died at 10.2; another begins at `again`. */
function lifetimes(again: number) {
  const before = new Synthetic({ asked_by: "svc -d" });
  before.at({ started: 0, ready: 1, asked: 10, died: 10.2, ended: 10.2, written: 10.2 });
  before.process(100, 0, "web", 0, 10.2).call(100, 10, 10.1, "read", "3, …");
  const after = new Synthetic({ pid: 200, ready_by: "listen" });
  after.at({ started: again, ready: again + 0.3, written: again + 1 }).process(200, 0, "web", again, null);
  after.call(200, again + 0.3, again + 1, "accept4", "3, …", "4", { target: "listen:tcp:0.0.0.0:80" });
  return { before, after };
}

test("a service that was down on request is started, not restarted", () => {
  const { before, after } = lifetimes(100);
  expect(analyse(after.recording, before.recording)).toMatchObject({ kind: "restart" });
  before.event(10, "control", 100, "svc -d").event(99.9, "control", 100, "svc -u");
  const report = analyse(after.recording, before.recording);
  expect(report.kind).toBe("start");
  expect(report.total).toBeCloseTo(0.3, 3);
  expect(report.notes).toContain("it was down on request: only the start is explained");
});

test("who is brought up at once is restarted", () => {
  const { before, after } = lifetimes(10.5);
  before.event(10, "control", 100, "svc -d").event(10.4, "control", 100, "svc -u");
  expect(analyse(after.recording, before.recording).kind).toBe("restart");
});

test("of a service that was attached to, no start is explained", () => {
  const { before } = lifetimes(11);
  const attached = new Synthetic({ pid: 200, attached: true, previous: "x" });
  attached.at({ started: 20, written: 74_020 }).process(200, 0, "web", 20, null);
  attached.call(200, 60_000, 60_001, "fsync", "3");
  expect(analyse(attached.recording, before.recording).kind).toBe("run");
  const all = [before, attached].map((s, i) => Object.assign(s.recording, { name: `@${i}` }));
  expect(history(all).rows.map((r) => r.kind)).toEqual(["start"]);
});
