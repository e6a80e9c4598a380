import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { SysError } from "../base/errors.ts";
import { openNumbers } from "../kernel/fds.ts";
import { readExtended } from "./extended.ts";
import { Service } from "./service.ts";

vi.mock("./launch.ts", () => ({
  noteInheritance: () => {},
  launch: () => {
    throw new SysError("clone()", 11, "EAGAIN", "Resource temporarily unavailable");
  },
}));

test("what was opened for a process that could not be started is closed", () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-service-"));
  writeFileSync(join(dir, "notify-socket"), "");
  writeFileSync(join(dir, "down"), "");
  vi.useFakeTimers();
  const service = new Service(dir, { program: "supervise" });
  onTestFinished(() => {
    service.command("d");
    service.command("x");
    vi.useRealTimers();
    rmSync(dir, { recursive: true });
  });
  service.open();
  const start = () => {
    service.command("u");
    vi.advanceTimersByTime(10);
    expect(readExtended(dir)).toMatchObject({ state: "delay", notify: null });
    service.command("d");
    return openNumbers();
  };
  expect(start()).toEqual(start());
});
