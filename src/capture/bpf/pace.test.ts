import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

const MS = 1e6;

/** A machine of two CPUs, of which others use `busy`, and we what we are given. */
function machine(busy: number, sent: number) {
  let now = 0;
  let idle = 0;
  let own = 0;
  let total = 0;
  const pace = new Pace(
    () => now,
    () => idle,
    () => own,
  );
  /** One window; returns what share of it was ours. */
  const window = (): number => {
    const end = now + 100 * MS;
    let ours = 0;
    for (let until = pace.begin(total); until > now; until = pace.begin(total)) {
      ours += Math.min(until, end) - now;
      now = Math.min(until, end);
      pace.end();
      if (now === end) break;
    }
    now = end;
    // all who want a CPU get as much of it
    const got = Math.min(ours, (200 * MS) / (Math.ceil(busy) + 1));
    own += got;
    idle += Math.max(0, 200 * MS - busy * 100 * MS - got);
    total += sent;
    return ours / (100 * MS);
  };
  return { window, pace, load: (b: number, s: number) => ([busy, sent] = [b, s]) };
}

const after = (n: number, window: () => number): number => {
  for (let i = 1; i < n; i++) window();
  return window();
};

test("with a CPU to spare all the time is ours, on a machine that is busy nearly none", () => {
  const { window, load } = machine(1, 1 << 24);
  expect(after(20, window)).toBeGreaterThan(0.7);
  load(2, 1 << 24);
  expect(after(10, window)).toBeLessThan(0.03);
  load(1, 1 << 24);
  expect(after(10, window)).toBeGreaterThan(0.7);
});

test("of what two who wake each other leave unused, half a CPU stays unused", () => {
  const { window } = machine(1.3, 1 << 24);
  expect(after(20, window)).toBeCloseTo(0.2, 1);
});

test("those who make few calls are spared less, those who make none not at all", () => {
  const { window, load } = machine(2, 1000);
  expect(after(10, window)).toBeCloseTo(0.25);
  load(2, 0);
  expect(after(3, window)).toBe(1);
});

test("when calls begin after a silence there is little time until it is known how busy the CPUs are", () => {
  const { window, load, pace } = machine(0, 0);
  expect(after(3, window)).toBe(1);
  load(2, 1 << 24);
  window();
  expect(pace.begin(0)).toBe(401 * MS);
  expect(pace.begin(1 << 24)).toBe(400.2 * MS);
});

test("how idle the CPUs were before calls began says nothing about how idle they are since", () => {
  let now = 0;
  let idle = 0;
  const pace = new Pace(
    () => now,
    () => idle,
    () => 0,
  );
  /** `ms` with that many CPUs idle and that many bytes of events at their end; returns how long we may go on then. */
  const pass = (ms: number, cpus: number, sent: number): number => {
    now += ms * MS;
    idle += ms * cpus * MS;
    return pace.begin(sent) - now;
  };
  pass(100, 2, 0);
  pass(100, 2, 0);
  expect(pass(90, 2, 1 << 24)).toBe(0.2 * MS);
  expect(pass(15, 0, 2 << 24)).toBe(0.2 * MS);
  expect(pass(90, 0, 3 << 24)).toBe(0.2 * MS);
});

test("where the idle time is not known the traced are spared, and what waits is handled", () => {
  let now = 0;
  const pace = new Pace(
    () => now,
    () => undefined,
    () => 0,
  );
  for (let i = 1; i < 5; i++) {
    const until = pace.begin(i << 24);
    expect(until).toBeGreaterThan(now);
    now = until;
    pace.end();
    now = i * 100 * MS;
  }
});
