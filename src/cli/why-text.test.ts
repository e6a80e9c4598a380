import { expect, test } from "vitest";
import { analyse } from "../analyse/analyse.ts";
import { compare, profile } from "../analyse/compare.ts";
import { history } from "../analyse/history.ts";
import { deathLine, signalLine } from "../analyse/lines.ts";
import { Synthetic } from "../analyse/synthetic.ts";
import { printable } from "../base/printable.ts";
import { diffText } from "./diff.ts";
import { historyText } from "./history.ts";
import { reportText, shortened } from "./why-text.ts";

test("evidence loses what an errno means, then the beginning of a path, then its middle; never call, result or time", () => {
  const call = (args: string, ret: string) => `[1] 12:00:00.000 ${args} = ${ret} <1.500000>`;
  const failed = call("connect(3, {sa_family=AF_INET}, 16)", "-1 EINPROGRESS (Operation now in progress)");
  expect(shortened(failed, failed.length)).toBe(failed);
  expect(shortened(failed, 80)).toBe(call("connect(3, {sa_family=AF_INET}, 16)", "-1 EINPROGRESS"));
  const opened = call(`openat(AT_FDCWD, "/srv/${"deep/".repeat(20)}app.conf", O_RDONLY)`, "4");
  const short = shortened(opened, 90);
  expect(short.length).toBe(90);
  expect(short).toMatch(/openat\(AT_FDCWD, "\.\.\.[a-z/]*deep\/app\.conf", O_RDONLY\) = 4 <1\.500000>$/);
  const written = call(`write(1, "${"x".repeat(200)}", 200)`, "200");
  expect(shortened(written, 80)).toMatch(
    /^\[1\] 12:00:00\.000 write\(1, "x+\.\.\.x*", 200\) = 200 <1\.500000>$/,
  );
});

test("no report on somebody else's recording drives a terminal", () => {
  const evil = "\x1b]0;x\x07";
  const calls = (names: readonly string[]) => {
    const s = new Synthetic({ dir: "/s" }).at({ started: 1, ready: 3, written: 9 });
    s.process(100, 1, evil, 1, null);
    for (const [i, name] of names.entries()) s.call(100, 1 + i * 0.1, 1.1 + i * 0.1, name, evil, evil);
    return s.recording;
  };
  const many = calls(new Array<string>(30).fill(evil));
  const found = compare(profile(calls([])), profile(many));
  expect([found.waits.length, found.calls.length]).toEqual([1, 1]);
  const row = { ...history([{ ...new Synthetic({ dir: "/s" }).recording, name: evil }]).rows[0], outlier: 2 };
  const { recording } = new Synthetic({ signal: evil });
  const died = { ...recording.lifetime, parent: 1, tid: 1, comm: "", argv: "", born: 1, died: 1 };
  const shown = [
    reportText(analyse(many), false),
    diffText({ before: evil, after: evil }, found),
    historyText(evil, { rows: [{ ...row, signal: evil }], trend: undefined }, []),
    signalLine({ ts: 1, tid: 1, pid: 1, name: evil, info: evil, sender: 1 }, recording.lifetime),
    deathLine({ ...died, user_ns: 0, system_ns: 0, queued_ns: 0 }, recording.lifetime),
  ];
  for (const text of shown) {
    expect(text).toContain("\\x1b]0;x\\x07");
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  }
});

test("nothing that a name holds drives a terminal or turns its text round", () => {
  expect(printable("a\x1b[2J\x9b\u202egnp.exe\u200b\n")).toBe("a\\x1b[2J\\x9b\\u202egnp.exe\\u200b\\x0a");
  expect(printable("größe ファイル")).toBe("größe ファイル");
});
