import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "./pace.ts";
import { type Settings, SettingsReader } from "./settings.ts";

const standard = new SettingsReader(undefined).read("/dev/null", () => {});
const settings = (first: number, max: number): Settings => ({ ...standard, backoff: { first, max } });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Starts it, lets it run for `ran` ms; how long it then waits. */
function run(pace: Pace, s: Settings, ran: number): number {
  pace.starting(s);
  vi.advanceTimersByTime(ran);
  const wait = pace.wait(s);
  vi.advanceTimersByTime(wait);
  return wait;
}

test("daemontools: at most one start a second, and none is late", () => {
  const pace = new Pace();
  expect([300, 0, 1000, 5000, 999].map((ran) => run(pace, standard, ran))).toEqual([700, 1000, 0, 0, 1]);
});

test("backoff doubles at each death up to its maximum, and begins again after a run longer than that", () => {
  const pace = new Pace();
  const s = settings(100, 400);
  expect([0, 0, 0, 0, 401, 0, 0].map((ran) => run(pace, s, ran))).toEqual([100, 200, 400, 400, 0, 100, 200]);
});

test("a supervisor that comes after goes on with the time since the last start", () => {
  const pace = new Pace();
  pace.restore(Date.now() / 1000 - 0.25, standard);
  expect(Math.round(pace.wait(standard))).toBe(750);
});

test("no processes to be had: the next attempt comes after a minute", () => {
  const pace = new Pace();
  pace.starting(standard);
  pace.noProcesses();
  expect(pace.wait(standard)).toBe(60_000);
});
