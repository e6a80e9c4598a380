import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { send } from "../kernel/signals.ts";
import { RecorderLink } from "./recorder-link.ts";
import { RecorderProcess } from "./recorder-process.ts";

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-recorder-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Somebody else's child that listens where a recorder does, and reads nothing. Returns its pid. */
function listener(dir: string): number {
  mkdirSync(dir, { recursive: true });
  const socket = join(dir, "recorder.sock");
  const script = `require("net").createServer({ pauseOnConnect: true }, () => {}).listen(${JSON.stringify(socket)})`;
  const { stdout } = spawnSync("sh", [
    "-c",
    '"$0" -e "$1" >/dev/null 2>&1 & echo $!',
    process.execPath,
    script,
  ]);
  const pid = Number(String(stdout));
  onTestFinished(() => void send(pid, "SIGKILL"));
  while (!existsSync(socket)) spawnSync("sleep", ["0.02"]);
  return pid;
}

test("one that has just died is asked to end, to no effect", async () => {
  const dir = tempDir();
  const pid = listener(dir);
  const said: string[] = [];
  const recorder = new RecorderProcess(
    dir,
    ["/bin/false"],
    (text) => said.push(text),
    () => false,
  );
  await recorder.start();
  expect(recorder.link.peer).toBe(pid);
  // before anybody can be told of it
  send(pid, "SIGKILL");
  while (send(pid, 0)) spawnSync("sleep", ["0.02"]);
  await recorder.stop();
  expect(said).toEqual([]);
});

test("one that does not read what it is told is spoken of once", async () => {
  const dir = tempDir();
  listener(dir);
  const said: string[] = [];
  const link = new RecorderLink(join(dir, "recorder.sock"), (text) => said.push(text));
  expect(await link.open()).toBe(true);
  let told = 0;
  while (told < 100_000 && link.tell({ event: "x".repeat(100) })) told++;
  // as many services as stop at the same time
  expect(told).toBeGreaterThan(5000);
  expect(told).toBeLessThan(100_000);
  expect(link.tell({ event: "again" })).toBe(false);
  expect(said).toEqual([expect.stringContaining("does not read what it is told")]);
  link.close();
});
