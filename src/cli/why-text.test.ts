import { expect, test } from "vitest";
import { printable } from "../base/printable.ts";
import { shortened } from "./why-text.ts";

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

test("nothing that a name holds drives a terminal or turns its text round", () => {
  expect(printable("a\x1b[2J\x9b\u202egnp.exe\u200b\n")).toBe("a\\x1b[2J\\x9b\\u202egnp.exe\\u200b\\x0a");
  expect(printable("größe ファイル")).toBe("größe ファイル");
});
