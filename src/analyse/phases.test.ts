import { expect, test } from "vitest";
import type { Lifetime, Recording } from "../record/model.ts";
import { history } from "./history.ts";
import { onlyRuns, plan } from "./phases.ts";
import { Synthetic } from "./synthetic.ts";

const named = (recording: Recording, name: string) => ({ ...recording, name });

/** A lifetime that was asked to stop 100 s after some beginning, and dead 0.3 s later. */
const before = (more: Partial<Lifetime> = { asked_by: "svc -t" }): Synthetic =>
  new Synthetic(more).at({ started: 0, ready: 1, asked: 100, died: 100.3, ended: 100.3, written: 100.3 });

/** The one after it. */
const after = (started: number, more: Partial<Lifetime> = {}): Synthetic =>
  new Synthetic({ pid: 200, previous: "a", ...more }).at({
    started,
    ready: started + 0.1,
    written: started + 60,
  });

const phasesOf = (current: Synthetic, previous: Synthetic) => {
  const { kind, phases } = plan(current.recording, previous.recording);
  return { kind, phases: phases.map((p) => [p.name, Math.round((p.to - p.from) / 1e8) / 10]) };
};

test("one that was attached to has no start, though an older recording is there", () => {
  const ran = new Synthetic({ pid: 200, attached: true, previous: "a" }).at({
    started: 110,
    written: 74_110,
  });
  ran.process(200, 0, "web", 110, null).call(200, 74_000, 74_109, "openat", "", "3");
  expect(onlyRuns(ran.recording)).toBe(true);
  expect(phasesOf(ran, before())).toEqual({ kind: "run", phases: [["attached", 74_000]] });
  expect(
    history([named(before().recording, "a"), named(ran.recording, "b")]).rows.map((r) => r.kind),
  ).toEqual(["start"]);
});

test("the stop of one that was attached to is explained, and so is the restart that it is part of", () => {
  const ran = new Synthetic({ attached: true, asked_by: "svc -t" }).at({ started: 0, asked: 100, died: 103 });
  ran.at({ ended: 103, written: 103 });
  expect(onlyRuns(ran.recording)).toBe(false);
  expect(plan(ran.recording).kind).toBe("stop");
  const rows = history([named(ran.recording, "a"), named(after(104).recording, "b")]).rows;
  expect(rows.map((r) => [r.kind, r.recording])).toEqual([["restart", "b"]]);
  expect(rows[0].phases[0]).toEqual({ name: "stopping", seconds: 3 });
  // a command that was attached to is no service: what it did is asked for
  expect(onlyRuns(new Synthetic({ attached: true, dir: "" }).at({ died: 3 }).recording)).toBe(true);
});

test("time in which nobody wanted it up is no delay of the supervisor", () => {
  const downed = before({ asked_by: "svc -d" }).event(100, "control", 100, "svc -d");
  const start = {
    kind: "start",
    phases: [["starting", 0.1]],
  };
  // its start was not told to a recorder
  expect(phasesOf(after(190.2), downed)).toEqual(start);
  expect(phasesOf(after(190.2), downed.event(190.1, "control", 100, "svc -u"))).toEqual(start);
  // it was started once, or left down by the supervisor
  const once = before({ asked_by: null }).event(5, "control", 100, "svc -o");
  expect(phasesOf(after(190.2), once).kind).toBe("start");
  const left = before({ asked_by: null }).event(190.1, "control", 100, "svc -u");
  expect(plan(after(190.2).recording, left.recording).notes[0]).toContain("it was down");
  // put down while the supervisor waited
  const late = before({ asked_by: null }).event(100.4, "delay", 0, "", 101.3);
  late.event(101, "control", 100, "svc -d").event(190, "control", 100, "svc -u");
  expect(phasesOf(after(190.2), late)).toEqual(start);
});

test("a supervisor that starts it again by itself restarts it", () => {
  const kind = (previous: Synthetic) => phasesOf(after(101.3), previous).kind;
  expect(kind(before().event(100, "control", 100, "svc -t"))).toBe("restart");
  expect(kind(before({ asked_by: null }))).toBe("restart");
  const both = before({ asked_by: "svc -d" }).event(100, "control", 100, "svc -d");
  expect(kind(both.event(100.001, "control", 100, "svc -u"))).toBe("restart");
  const delayed = before({ asked_by: null }).event(100.301, "delay", 0, "", 101.3);
  expect(kind(delayed)).toBe("restart");
  // told to do what it is about to do
  expect(kind(delayed.event(101, "control", 100, "svc -u"))).toBe("restart");
});

test("what was down on request is not among the restarts of a history", () => {
  const downed = before({ asked_by: "svc -d", next: "b" }).event(100, "control", 100, "svc -d");
  const { rows, trend } = history([named(downed.recording, "a"), named(after(190.2).recording, "b")]);
  expect(rows.map((r) => [r.kind, Number(r.total.toFixed(3))])).toEqual([
    ["start", 1],
    ["stop", 0.3],
    ["start", 0.1],
  ]);
  expect(trend).toBeUndefined();
});

test("who has it started right after its death restarts it, in two steps", () => {
  const before = new Synthetic({ asked_by: "svc -d" });
  before
    .at({ started: 0, ready: 1, asked: 10, died: 30, ended: 30, written: 30 })
    .process(100, 0, "web", 0, 30);
  before.event(10, "control", 100, "svc -d").event(31, "control", 100, "svc -u");
  const after = new Synthetic({ pid: 200 }).at({ started: 31.1, ready: 31.5, written: 33 });
  after.process(200, 0, "web", 31.1, null);
  expect(plan(after.recording, before.recording)).toMatchObject({ kind: "restart" });
});

test("lifetimes of one boot belong together whatever the clock did, those of two never", () => {
  const kind = (current: Synthetic, previous: Synthetic) => phasesOf(current, previous).kind;
  const hours = 8 * 3600e9;
  // the machine was suspended
  expect(kind(after(101, { anchor: 1.7e18 + hours }), before())).toBe("restart");
  expect(kind(after(101, { boot: "c" }), before())).toBe("start");
  // recordings that do not say
  expect(kind(after(101, { boot: "" }), before())).toBe("restart");
  expect(kind(after(101, { boot: "", anchor: 1.7e18 + hours }), before())).toBe("start");
});
