import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SettingsReader } from "./settings.ts";

function directories(): { dir: string; defaults: string } {
  const home = mkdtempSync(join(tmpdir(), "svtrace-settings-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const [dir, defaults] = [join(home, "s"), join(home, "defaults")];
  for (const d of [dir, defaults]) mkdirSync(d);
  return { dir, defaults };
}

const quiet = () => {};

test("a file of the service comes before that of the defaults, and each change is seen at the next look", () => {
  const { dir, defaults } = directories();
  const reader = new SettingsReader(defaults);
  expect(reader.read(dir, quiet).stopTimeout).toBe(undefined);
  writeFileSync(join(defaults, "stop-timeout"), "5\n");
  expect(reader.read(dir, quiet).stopTimeout).toBe(5000);
  writeFileSync(join(dir, "stop-timeout"), "7\n");
  expect(reader.read(dir, quiet).stopTimeout).toBe(7000);
  // the same length, in place: the directory does not change
  writeFileSync(join(dir, "stop-timeout"), "8\n");
  expect(reader.read(dir, quiet).stopTimeout).toBe(8000);
  rmSync(join(dir, "stop-timeout"));
  expect(reader.read(dir, quiet).stopTimeout).toBe(5000);
});

test("what was read long after its last change is read again when it changes", async () => {
  const { dir, defaults } = directories();
  const reader = new SettingsReader(defaults);
  writeFileSync(join(dir, "needs"), "a b");
  symlinkSync("elsewhere", join(dir, "backoff"));
  await new Promise((r) => setTimeout(r, 100));
  const first = reader.read(dir, quiet);
  expect(first.needs).toEqual(["a", "b"]);
  // it is what was read: nothing has changed
  expect(reader.read(dir, quiet)).toBe(first);
  writeFileSync(join(dir, "needs"), "a c");
  expect(reader.read(dir, quiet).needs).toEqual(["a", "c"]);
  writeFileSync(join(dir, "elsewhere.new"), "1 2");
  await new Promise((r) => setTimeout(r, 100));
  expect(reader.read(dir, quiet).backoff).toEqual({ first: 1000, max: 1000 });
  renameSync(join(dir, "elsewhere.new"), join(dir, "elsewhere"));
  utimesSync(dir, 1, 1);
  expect(reader.read(dir, quiet).backoff).toEqual({ first: 1000, max: 2000 });
});

test("what is no setting is said each time", () => {
  const { dir } = directories();
  const reader = new SettingsReader(undefined);
  writeFileSync(join(dir, "death-tally"), "often");
  for (let i = 0; i < 2; i++) {
    const said: string[] = [];
    expect(reader.read(dir, (text) => said.push(text)).tally).toBe(undefined);
    expect(said).toEqual(["death-tally ignored: not 2 numbers"]);
  }
  const said: string[] = [];
  writeFileSync(join(dir, "death-tally"), "150 3600");
  symlinkSync("backoff", join(dir, "backoff"));
  reader.read(dir, (text) => said.push(text));
  expect(said.sort()).toEqual([
    "backoff ignored: it cannot be read: ELOOP",
    "death-tally ignored: COUNT is not from 1 to 100",
  ]);
});

test("numbers are digits, and a point: nothing is not 0", () => {
  const { dir } = directories();
  const reader = new SettingsReader(undefined);
  const limit = (text: string) => {
    writeFileSync(join(dir, "stop-timeout"), text);
    const said: string[] = [];
    return [reader.read(dir, (t) => said.push(t)).stopTimeout, said.length];
  };
  for (const text of ["", "\n", "0x10", "1e3", "-1", "Infinity", "1 2"])
    expect([text, ...limit(text)]).toEqual([text, undefined, 1]);
  expect(limit("0\n")).toEqual([0, 0]);
  expect(limit("2.5\n")).toEqual([2500, 0]);
  writeFileSync(join(dir, "needs"), "x ".repeat(100_000));
  const said: string[] = [];
  expect(reader.read(dir, (t) => said.push(t)).needs).toEqual([]);
  expect(said).toEqual(["needs ignored: it is longer than 64 KiB"]);
});
