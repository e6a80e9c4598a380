import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { makeFifo } from "../kernel/files.ts";
import { BEGUN, expire, listRecordings, nextRecordingName, recordingName } from "./names.ts";
import { defaultSettings, readSettings, settingsTable } from "./settings.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-settings-"));
afterAll(() => rmSync(dir, { recursive: true }));
const recordings = join(dir, "trace", "recordings");
mkdirSync(recordings, { recursive: true });
const set = (name: string, text: string) => writeFileSync(join(dir, "trace", name), text);

test("settings are files; what means nothing is said and keeps its default", () => {
  expect(readSettings(dir)).toEqual(defaultSettings());
  set("keep", "3\n");
  set("threshold", "2.5");
  set("policy", "everything\n");
  set("flight", "ten seconds");
  const warnings: string[] = [];
  expect(readSettings(dir, (w) => warnings.push(w))).toEqual({
    ...defaultSettings(),
    keep: 3,
    threshold: 2.5e6,
    policy: "everything",
  });
  expect(warnings).toEqual(["trace/flight: 'ten seconds' is not understood; using 10 s"]);
  set("keep", "1");
  expect(readSettings(dir).keep).toBe(20);
  set("keep", "2.5");
  rmSync(join(dir, "trace", "flight"));
  makeFifo(join(dir, "trace", "flight"), 0o600);
  const more: string[] = [];
  expect(readSettings(dir, (w) => more.push(w)).keep).toBe(20);
  expect(more).toEqual([
    "trace/flight ignored: it is no regular file",
    "trace/keep: '2.5' is not understood; using 20",
  ]);
});

test("the documentation shows this table", () => {
  expect(readFileSync("docs/RECORDING.md", "utf8")).toContain(settingsTable());
});

test("recordings expire by number, size and age; never the newest two, nor those in use", () => {
  const make = () => {
    for (let i = 0; i < 6; i++) {
      const path = join(recordings, recordingName((1.7e9 + i) * 1e9, 7));
      writeFileSync(path, "x".repeat(100));
      utimesSync(path, 1.7e9 + i, 1.7e9 + i);
    }
    return listRecordings(recordings);
  };
  const all = make();
  expect(all[0]).toMatch(/^@400000006553f10a00000000-7\.duckdb$/);
  const unlimited = { keep: 100, size: 1e9, age: 0 };
  const now = 1.7e12 + 6000;
  const used = new Set([join(recordings, all[0])]);
  expect(expire(recordings, { ...unlimited, keep: 3 }, used, now).sort()).toEqual(all.slice(1, 3));
  make();
  expect(expire(recordings, { ...unlimited, size: 450 }, new Set(), now).sort()).toEqual(all.slice(0, 2));
  make();
  expect(expire(recordings, { ...unlimited, age: 2.5e9 }, new Set(), now).sort()).toEqual(all.slice(0, 4));
  expect(expire(recordings, { keep: 2, size: 1, age: 1 }, new Set(), now)).toEqual([]);
});

test("a recording comes after those there are, though the clock was set back", () => {
  const empty = mkdtempSync(join(tmpdir(), "svtrace-names-"));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  const at = 1.8e18;
  const first = nextRecordingName(empty, at, 9);
  expect(first).toBe(recordingName(at, 9));
  writeFileSync(join(empty, first), "");
  const names = [first];
  for (const [back, ending] of [
    [0, BEGUN],
    [3600e9, ""],
    [2e18, ""],
    [-1e9, ""],
  ] as const) {
    const name = nextRecordingName(empty, at - back, 10);
    writeFileSync(join(empty, name + ending), "");
    names.push(name);
  }
  expect([...names].sort()).toEqual(names);
  expect(names.at(-1)).toBe(recordingName(at + 1e9, 10));
  expect(nextRecordingName(join(empty, "none"), at, 9)).toBe(first);
});
