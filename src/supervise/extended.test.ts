import { expect, test } from "vitest";
import { bootId } from "../kernel/boot.ts";
import { type Extended, parseExtended } from "./extended.ts";
import type { Settings } from "./settings.ts";

const good: Extended = {
  version: 1,
  boot: bootId(),
  home: "1:2",
  ...{ state: "up", plan: "up", want: "u", pid: 12, born: 345, since: 1.5, paused: false },
  termSent: true,
  ...{ ready: true, readyAt: 2, starts: 1, startedAt: 1.5, deaths: [1], failed: null },
  lastExit: { at: 1, pid: 11, code: null, signal: "TERM", ran: 3, missed: false },
  lastRestart: { asked: null, dead: 1, started: 1.5, ready: 2, seconds: 1 },
  stopping: { since: 3, killAt: null },
  leftOver: [{ pid: 10, born: 300 }],
  ...{ cgroup: null, waitsFor: ["db"], traced: false, logPipe: 77, notify: null, reaped: 11 },
  settings: {
    ...{ stopTimeout: 5000, notifySocket: false, needs: ["db"], runit: false },
    backoff: { first: 1000, max: 1000 },
  } as Partial<Settings> as Settings,
  supervisor: { pid: 5, born: 100 },
};

const parsed = (changes: Readonly<Record<string, unknown>>) =>
  parseExtended(JSON.stringify({ ...good, ...changes }));

test("what we wrote is read, also with keys of a later version and blanks at its end", () => {
  expect(parseExtended(`${JSON.stringify(good)}   `)).toEqual(good);
  expect(parsed({ later: [null] })).toMatchObject(good);
});

test("keys that an earlier version did not write may be missing", () => {
  const missing = ["reaped", "logPipe", "notify", "termSent", "settings"];
  expect(parsed(Object.fromEntries(missing.map((key) => [key, undefined])))).toMatchObject({ pid: 12 });
});

test.each<Record<string, unknown>>([
  { boot: "another" },
  { version: 2 },
  { leftOver: [null] },
  { leftOver: [{ pid: "10", born: 300 }] },
  { deaths: [1, null] },
  { state: "foo" },
  { state: "toString" },
  { plan: undefined },
  { want: undefined },
  { want: "x" },
  { pid: -1 },
  { pid: 1e12 },
  { pid: 1.5 },
  { since: null },
  { cgroup: 7 },
  { stopping: 7 },
  { lastExit: { at: 1 } },
  { lastRestart: {} },
  { waitsFor: "db" },
  { supervisor: null },
  { settings: null },
  { settings: { ...good.settings, needs: "db" } },
  { reaped: "11" },
])("what is damaged is not believed: %j", (changes) => {
  expect(parsed(changes)).toBe(undefined);
});

test("what is no object is not believed", () => {
  for (const text of ["", "null", "1", "[]", '"up"', "{"]) expect(parseExtended(text)).toBe(undefined);
});
