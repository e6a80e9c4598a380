import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bootId } from "../kernel/boot.ts";
import { findTakeover } from "./adopt.ts";
import { packStatus } from "./layout.ts";
import { ServiceFiles } from "./service-files.ts";

/** A service directory with what we knew of it last. */
function directory(known: Readonly<Record<string, unknown>>) {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-adopt-"));
  const files = new ServiceFiles(dir, () => {});
  onTestFinished(() => {
    files.close();
    rmSync(dir, { recursive: true });
  });
  mkdirSync(join(dir, "supervise"));
  const json = {
    ...{ version: 1, boot: bootId(), home: files.identity, plan: "up", want: "u" },
    ...{ pid: 0, born: 0, since: 1, deaths: [], leftOver: [], cgroup: null, reaped: 7 },
    ...{ supervisor: { pid: 1, born: 0 }, ...known },
  };
  writeFileSync(join(dir, "supervise/svtrace.json"), JSON.stringify(json));
  return { dir, files };
}

/** Another supervise starts a process there, as its status says. */
function startedByOther(dir: string): number {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const status = { seconds: Math.floor(Date.now() / 1000), nanoseconds: 0, pid: child.pid! };
  const bytes = packStatus({ ...status, paused: false, want: "u", termSent: false });
  writeFileSync(join(dir, "supervise/status"), bytes.subarray(0, 18));
  return child.pid!;
}

test.each(["gone", "down", "delay"])(
  "what another supervise has started since we knew it %s is taken over",
  (state) => {
    const { dir, files } = directory({ state });
    const pid = startedByOther(dir);
    expect(findTakeover(files)).toMatchObject({ known: undefined, state: "up", process: { pid } });
  },
);

test("what was given up in order and has no process begins anew; what was down stays so", () => {
  expect(findTakeover(directory({ state: "gone" }).files)).toBe(undefined);
  expect(findTakeover(directory({ state: "down" }).files)).toMatchObject({
    state: "down",
    process: undefined,
  });
});

test("in a copy of a directory the process is not ours", () => {
  const { dir, files } = directory({ state: "gone", home: "1:2" });
  startedByOther(dir);
  expect(findTakeover(files)).toBe(undefined);
});
