import { expect, onTestFinished, test, vi } from "vitest";
import { Alarm } from "./alarm.ts";

test("what is longer than a timer can be rings when it is over", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const days = 86_400_000;
  const alarm = new Alarm();
  let rung = 0;
  alarm.set(60 * days, () => rung++);
  vi.advanceTimersByTime(60 * days - 1);
  expect(rung).toBe(0);
  vi.advanceTimersByTime(1);
  expect(rung).toBe(1);
  alarm.set(60 * days, () => rung++);
  vi.advanceTimersByTime(30 * days);
  alarm.set(5, () => rung++);
  vi.advanceTimersByTime(60 * days);
  expect(rung).toBe(2);
  alarm.set(60 * days, () => rung++);
  vi.advanceTimersByTime(30 * days);
  alarm.cancel();
  vi.advanceTimersByTime(60 * days);
  expect(rung).toBe(2);
});
