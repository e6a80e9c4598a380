import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";

/** Asked to stop at 100 and dead at 101, followed at 110 by another that is ready at 110.5. */
function restart(died = 101, ended = died) {
  const before = new Synthetic({ asked_by: "svc -t" });
  before.at({ started: 0, ready: 1, asked: 100, died, ended, written: ended });
  before.process(100, 0, "web", 0, died).process(101, 100, "helper", 1, ended);
  const after = new Synthetic({ pid: 200 }).at({ started: 110, ready: 110.5, written: 120 });
  after.process(200, 0, "web", 110, null);
  return { before, after };
}

const told = ({ before, after }: ReturnType<typeof restart>) => {
  const report = analyse(after.recording, before.recording);
  return {
    phases: Object.fromEntries(report.phases.map((p) => [p.name, Number(p.seconds.toFixed(2))])),
    causes: report.causes.filter((c) => c.category === "supervisor").map((c) => c.text),
    hint: report.hint,
  };
};

test("finish, needs and delays between two lifetimes are told apart", () => {
  const r = restart();
  r.after.event(101, "between", 0, "finishing", 102.5).event(102.5, "between", 0, "delay", 103);
  r.after.event(103, "between", 0, "waiting db cache", 110);
  const { phases, causes, hint } = told(r);
  expect(phases).toEqual({ stopping: 1, finish: 1.5, "respawn delay": 7.5, starting: 0.5 });
  expect(causes).toEqual([
    "waited 7.00 s for db, cache to be ready",
    "./finish ran for 1.50 s",
    "the supervisor waited 0.50 s before it started the service again",
  ]);
  expect(hint).toContain("why was db not ready?");
});

test("what is left over is waited for only where the supervisor did", () => {
  const r = restart(101, 105);
  r.after.event(101, "between", 0, "finishing", 103).event(103, "between", 0, "clearing", 105);
  expect(told(r).phases).toEqual({ stopping: 1, finish: 2, leftovers: 2, "respawn delay": 5, starting: 0.5 });
  const other = restart(101, 105);
  other.after.event(101, "between", 0, "waiting db", 110);
  expect(told(other).phases).toEqual({ stopping: 1, "respawn delay": 9, starting: 0.5 });
  // who it waited for was not recorded
  const unknown = restart();
  unknown.after.event(101, "between", 0, "clearing", 110);
  expect(told(unknown).causes).toEqual(["the supervisor waited 9.00 s for processes that were left over"]);
});

test("a delay is what the supervisor announced, and no more", () => {
  const r = restart();
  r.before.event(101, "delay", 0, "respawn delay", 105);
  const { causes } = told(r);
  expect(causes).toEqual([
    "it took the supervisor 5.00 s to start the service again",
    "the supervisor waited 4.00 s before it started the service again",
  ]);
  expect(told(restart()).hint).not.toContain("delays a service that ended soon");
});

test("of a service that dies again and again the last restart is told, and how it died", () => {
  const crash = (pid: number, started: number, more = {}) => {
    const s = new Synthetic({ pid, status: 3, ...more });
    s.at({ started, died: started + 0.2, ended: started + 0.2, written: started + 0.2 });
    s.process(pid, 0, "crash", started, started + 0.2);
    return s.event(started + 0.2, "delay", 0, "respawn delay", started + 1);
  };
  const report = analyse(crash(200, 101).recording, crash(100, 100).recording);
  expect(report).toMatchObject({ kind: "restart", deaths: [{ status: 3, again: false }, { again: true }] });
  expect(report.phases[0].name).toBe("respawn delay");
  expect(report.verdict).toContain("Then it exited 3 after 0.20 s, and the supervisor starts it again.");
  // put down meanwhile
  const put = crash(200, 101).event(101.5, "control", 200, "svc -d");
  expect(analyse(put.recording, crash(100, 100).recording)).toMatchObject({ kind: "stop" });
  const fault = crash(200, 101, { status: null, signal: "SIGSEGV", asked_by: "SIGSEGV" }).at({
    asked: 101.1,
  });
  expect(analyse(fault.recording).verdict).toContain("Then it died of SIGSEGV after 0.20 s");
  const asked = crash(200, 101, { asked_by: "svc -t" }).at({ asked: 101.1 });
  expect(analyse(asked.recording)).toMatchObject({ kind: "stop", deaths: [] });
});
