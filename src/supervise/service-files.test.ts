import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openNumbers } from "../kernel/fds.ts";
import { Refused, ServiceFiles } from "./service-files.ts";

test("a directory that is refused is not held open", () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-files-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  symlinkSync("down", join(dir, "down"));
  const before = openNumbers();
  expect(() => new ServiceFiles(dir, () => {})).toThrow(Refused);
  expect(openNumbers()).toEqual(before);
});
