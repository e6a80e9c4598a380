/** Supervision at its edges: commands nobody waits for, very long times, and who is left of a service. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import { isAlive, run, sleep, start, svtracePath, tempDir, waitUntil } from "../helpers.ts";
import { service, up, upPid, withoutCgroups } from "../services.ts";

const pidOf = (dir: string): number => readExtended(dir)?.pid ?? 0;
const isUp = (dir: string, but = 0) =>
  waitUntil(`${dir} up`, () => [upPid(dir)].find((pid) => pid !== but), 30);
const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);
/** Says when it is there and when it hears TERM. */
const hears = (then: string) =>
  `#!/bin/sh\nexec perl -e 'sub say { open F, ">>heard"; print F "@_\\n"; close F } $SIG{TERM} = sub { say("TERM"); ${then} }; say("ready"); select undef, undef, undef, 0.05 while 1'\n`;
const heard = (dir: string, word: string) =>
  waitUntil(`${dir}: ${word}`, () => lines(join(dir, "heard")).includes(word), 30);

test("commands that come after a directory was given up end neither it nor the others", async () => {
  const scan = tempDir();
  const app = service(scan, "app", { "trace/policy": "default\n" });
  const other = service(scan, "other");
  const supervisor = up(scan);
  const before = await isUp(other);
  await isUp(app);
  sendControl(app, "d");
  await waitUntil("app down", () => readExtended(app)?.state === "down", 20);
  sendControl(app, "xd");
  await sleep(1);
  sendControl(other, "t");
  await isUp(other, before);
  expect(isAlive(supervisor.pid)).toBe(true);
  expect(supervisor.said()).not.toContain("going on");
});

test("longer than a timer can be is not at once: stop-timeout, backoff", async () => {
  const scan = tempDir();
  const stop = service(scan, "stop", {
    run: hears("select undef, undef, undef, 0.5; exit"),
    "stop-timeout": "2592000\n",
  });
  const dies = service(scan, "dies", { run: "#!/bin/sh\necho >>starts\n", backoff: "3000000 3000000\n" });
  const supervisor = up(scan);
  await heard(stop, "ready");
  const pid = await isUp(stop);
  sendControl(stop, "t");
  await isUp(stop, pid);
  expect(readExtended(stop)!.lastExit).toMatchObject({ code: 0 });
  expect(lines(join(dies, "starts")).length).toBe(1);
  expect(supervisor.said()).not.toContain("Warning");
});

test("who asks it to stop again gives it no more time", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", { run: hears(""), "stop-timeout": "2\n" });
  up(scan);
  await heard(dir, "ready");
  const pid = await isUp(dir);
  const began = performance.now();
  while (pidOf(dir) === pid) {
    sendControl(dir, "t");
    await sleep(0.4);
    expect(performance.now() - began).toBeLessThan(15_000);
  }
  expect(lines(join(dir, "heard")).filter((l) => l === "TERM").length).toBeLessThan(10);
});

test("settings that are changed hold from the next start on, under the next supervisor, too", async () => {
  const dir = service(tempDir(), "app", { run: hears(""), "stop-timeout": "0.5\n" });
  const first = start([svtracePath, "supervise", dir]);
  await heard(dir, "ready");
  const before = await isUp(dir);
  first.kill("SIGKILL");
  await waitUntil("its death", () => first.signalCode !== null);
  writeFileSync(join(dir, "stop-timeout"), "1000\n");
  start([svtracePath, "supervise", dir]);
  await waitUntil("the next", async () => (await run([svtracePath, "svok", dir])).status === 0);
  sendControl(dir, "t");
  await isUp(dir, before);
  expect(readExtended(dir)!.settings.stopTimeout).toBe(1_000_000);
});

test("that TERM was sent is known to the next supervisor, too", async () => {
  const dir = service(tempDir(), "app", { run: hears("") });
  const termSent = () => readFileSync(join(dir, "supervise/status"))[18] === 1;
  const first = start([svtracePath, "supervise", dir]);
  await heard(dir, "ready");
  sendControl(dir, "t");
  await waitUntil("it in the status", termSent);
  first.kill("SIGKILL");
  await waitUntil("its death", () => first.signalCode !== null);
  start([svtracePath, "supervise", dir]);
  await waitUntil("the next", async () => (await run([svtracePath, "svok", dir])).status === 0);
  expect(termSent()).toBe(true);
});

test("what is left of a service that dies by itself ends before its next start, without a cgroup, too", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", {
    run: "#!/bin/sh\nsleep 1000 & echo $! >>left; exec sleep 0.1\n",
    "stop-timeout": "2\n",
  });
  start([...withoutCgroups, svtracePath, "up", scan]);
  const left = () => lines(join(dir, "left")).map(Number);
  await waitUntil("three starts", () => left().length >= 3, 30);
  expect(left().slice(0, -1).filter(isAlive)).toEqual([]);
  sendControl(dir, "d");
  await waitUntil("down", () => readExtended(dir)?.state === "down", 20);
  expect(left().filter(isAlive)).toEqual([]);
});

test("restart of one that is down waits for a supervisor that is busy", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", { down: "" });
  const { pid } = up(scan);
  await waitUntil("supervised", () => readExtended(dir)?.state === "down", 20);
  process.kill(pid, "SIGSTOP");
  const restart = run([svtracePath, "restart", dir]);
  await sleep(1);
  process.kill(pid, "SIGCONT");
  expect(await restart).toMatchObject({ status: 0, stdout: expect.stringContaining("up (pid") });
});

test("FIFOs in place of the files that supervision writes hold nobody up", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", { run: "#!/bin/sh\necho >>started; exec sleep 1000\n" });
  mkdirSync(join(dir, "supervise"));
  for (const name of ["status", "status.new", "svtrace.json", "svtrace.child"])
    spawnSync("mkfifo", [join(dir, "supervise", name)]);
  const other = service(scan, "other");
  up(scan);
  await isUp(other);
  await waitUntil("app started", () => existsSync(join(dir, "started")), 20);
});

test("a FIFO for a setting holds nobody up", async () => {
  const scan = tempDir();
  const dir = service(scan, "app");
  spawnSync("mkfifo", [join(dir, "needs")]);
  const other = service(scan, "other");
  const supervisor = up(scan);
  await isUp(dir);
  await isUp(other);
  expect(supervisor.said()).toContain("app/needs ignored: it is no regular file");
});
