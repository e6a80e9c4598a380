import { afterEach, expect, test, vi } from "vitest";
import { History } from "./history.ts";

afterEach(() => void vi.useRealTimers());

test("a clock that is set changes neither what counts as a recent death nor how long a stop may take", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
  const history = new History();
  history.started();
  history.died(42, 0, false);
  history.stopAsked(5000);
  const anHour = 3_600_000;
  for (const jump of [-anHour, anHour]) {
    vi.setSystemTime(1_800_000_000_000 + jump);
    history.died(42, 0, false);
    expect(history.deathsWithin(60_000)).toBe(jump < 0 ? 2 : 3);
    expect(history.untilKill(5000)).toBeGreaterThan(4000);
    expect(history.untilKill(5000)).toBeLessThanOrEqual(5000);
  }
  history.stopped();
  expect(history.untilKill(5000)).toBe(undefined);
});

test("a stop that goes on under the next supervisor has what is left of its time, and no more than all of it", () => {
  const now = Date.now() / 1000;
  const left = (killAt: number | null) => {
    const history = new History();
    history.restore({ ...history.fields(), stopping: { since: now - 2, killAt } } as never);
    return history.untilKill(5000);
  };
  expect(left(null)).toBe(undefined);
  expect(left(now - 1)).toBe(0);
  expect(left(now + 3)).toBeGreaterThan(2000);
  expect(left(now + 3)).toBeLessThanOrEqual(3000);
  expect(left(now + 3600)).toBe(5000);
});

test("an end that was seen, but not how, is said to be missed, and how long it ran is known", () => {
  const history = new History();
  history.started(Date.now() / 1000 - 10);
  history.died(42, null, false);
  expect(history.lastExit).toMatchObject({ code: null, signal: null, missed: true });
  expect(history.lastExit!.ran).toBeGreaterThan(9);
  history.died(42, null, true);
  expect(history.lastExit).toMatchObject({ missed: true, ran: null });
  history.died(42, 0, false);
  expect(history.lastExit).toMatchObject({ code: 0, missed: false });
});

test("deaths an earlier supervisor knew of keep their age", () => {
  const before = new History();
  const now = Date.now() / 1000;
  const history = new History();
  history.restore({ ...before.fields(), deaths: [now - 100, now - 10] } as never);
  expect(history.deathsWithin(60_000)).toBe(1);
  expect(history.deathsWithin(120_000)).toBe(2);
});
